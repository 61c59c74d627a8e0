//! Sentences of the page on which an organizer changes the picture of a competition.

sentences! {
    /// Sentences of the form for a picture.
    PictureText {
        title;
        lead;
        present;
        file;
        file_hint;
        alt;
        alt_hint;
        focus;
        focus_center;
        focus_top;
        focus_bottom;
        focus_left;
        focus_right;
        focus_top_left;
        focus_top_right;
        focus_bottom_left;
        focus_bottom_right;
        save;
        remove;
        change;
        unavailable;
        too_large;
        none_chosen;
    }
}
