//! Types that share a name: in one crate, a name stands for one type.

use std::collections::BTreeMap;

use super::sources::SourceFile;

/// The keywords that declare a type.
const KEYWORDS: [&str; 4] = ["struct ", "enum ", "trait ", "type "];
/// The names that SeaORM requires in the module of each table.
const REQUIRED: [&str; 2] = ["Model", "Relation"];

/// Returns `name: path, path` for each name that several types have. Associated types, and types within
/// functions, do not count.
pub fn shared(sources: &[SourceFile]) -> Vec<String> {
    let mut declared = BTreeMap::<&str, Vec<&str>>::new();
    for source in sources {
        let mut is_test = false;
        for line in source.text.lines() {
            // Unit tests stand at the end of a file.
            is_test |= line.starts_with("#[cfg(test)]");
            let declaration = declared_type(line, is_test);
            if let Some(name) = declaration.filter(|name| !REQUIRED.contains(name)) {
                declared.entry(name).or_default().push(&source.path);
            }
        }
    }
    declared
        .into_iter()
        .filter(|(_, paths)| paths.len() > 1)
        .map(|(name, paths)| format!("{name}: {}", paths.join(", ")))
        .collect()
}

/// The name of the type that a line declares at the top level of a file or of its unit tests.
fn declared_type(line: &str, is_test: bool) -> Option<&str> {
    let line = match line.strip_prefix("    ") {
        Some(inner) if is_test => inner,
        _ => line,
    };
    let line = line.strip_prefix("pub").unwrap_or(line);
    let line = match line.strip_prefix('(') {
        Some(restricted) => restricted.split_once(')')?.1,
        None => line,
    };
    let line = line.strip_prefix(' ').unwrap_or(line);
    let declaration = KEYWORDS.iter().find_map(|word| line.strip_prefix(word))?;
    let end = declaration
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(declaration.len());
    Some(&declaration[..end]).filter(|name| name.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::super::sources::SourceFile;
    use super::shared;

    fn found(texts: &[&str]) -> Vec<String> {
        let source = |(at, text): (usize, &&str)| SourceFile {
            path: format!("{at}.rs"),
            module: Vec::new(),
            text: (*text).to_owned(),
        };
        let sources: Vec<_> = texts.iter().enumerate().map(source).collect();
        shared(&sources)
    }

    #[test]
    fn two_types_with_one_name_are_found() {
        let texts = ["pub struct Claim;\n", "pub(super) enum Claim<'a> {\n}\n"];
        assert_eq!(found(&texts), ["Claim: 0.rs, 1.rs"]);
        let in_tests = [
            "struct Claim;\n",
            "#[cfg(test)]\nmod tests {\n    struct Claim;\n}\n",
        ];
        assert_eq!(found(&in_tests), ["Claim: 0.rs, 1.rs"]);
    }

    #[test]
    fn associated_types_and_names_that_the_orm_requires_may_repeat() {
        let texts = [
            "impl A for B {\n    type Error = X;\n}\npub struct Model {}\n",
            "impl A for C {\n    type Error = Y;\n}\npub struct Model {}\n",
        ];
        assert!(found(&texts).is_empty());
    }
}
