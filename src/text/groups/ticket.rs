//! Sentences of tickets, as pages and as pictures.

sentences! {
    /// Sentences of the ticket of a registration, as a page and as a picture.
    TicketText {
        page_title(title: &str);
        title;
        seated;
        pending;
        cancelled_title;
        cancelled;
        number;
        qr_title;
        show_code;
        save;
        google;
        outlook;
        file;
        friends;
        friends_text;
        copy;
        copied;
        cannot_come;
        changed_mind;
        view_competition;
    }
}
