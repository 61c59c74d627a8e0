//! The slug of a competition: its title as a part of addresses and of file names.

/// The most characters of a slug.
const LONGEST: usize = 60;

/// Returns the words of a title in lower case with hyphens between them. A title without letters and digits has the slug
/// `competition`. Slugs are not unique, and another title is another slug.
#[must_use]
pub fn slug(title: &str) -> String {
    let title = title.to_lowercase();
    let words: Vec<_> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let slug: String = words.join("-").chars().take(LONGEST).collect();
    match slug.trim_end_matches('-') {
        "" => "competition".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_the_words_of_the_title_in_lower_case() {
        for (title, expected) in [
            ("Sprint; round, one", "sprint-round-one"),
            ("../../Größe 10%", "größe-10"),
            ("東京 2030", "東京-2030"),
            ("!?!", "competition"),
        ] {
            assert_eq!(slug(title), expected);
        }
        assert_eq!(slug(&"ab ".repeat(100)).chars().count(), LONGEST - 1);
    }
}
