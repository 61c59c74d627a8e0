//! Sentences about start numbers.

sentences! {
    /// Sentences about start numbers.
    StartNumbersText {
        title;
        lead;
        order;
        by_name;
        by_registration;
        from;
        from_hint;
        preview;
        preview_title;
        to_give(n: &str);
        kept(n: &str);
        without(n: &str);
        first_of_them;
        give;
        given(n: &str);
        nobody;
        number;
        column;
        division_from;
        division_to;
        out_of_order;
        half_a_range;
    }
}
