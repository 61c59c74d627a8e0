//! Finds what a Rust file declares and what it refers to.
//!
//! It parses tokens. Unlike text, tokens do not contain comments and strings; unlike a syntax tree,
//! they contain the paths inside macros such as `view!`. Code that is compiled for tests only is
//! ignored, because unit tests may import anything.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The names of one module through which paths are resolved.
#[derive(Debug, Default)]
pub struct Module {
    /// The names of the items that are declared in the module, child modules included.
    pub items: BTreeSet<String>,
    /// The names that are imported into the module, and the path that each of them stands for.
    pub imports: BTreeMap<String, Vec<String>>,
    /// The modules from which everything is imported (`use …::*`).
    pub globs: Vec<Vec<String>>,
    /// The child modules that exist in tests only.
    pub test_children: BTreeSet<String>,
}

/// A path that occurs in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The module in which the path occurs.
    pub scope: Vec<String>,
    /// The path as it is written, without generic arguments.
    pub path: Vec<String>,
    pub usage: Usage,
}

/// How a file uses a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// `use …`: the name is imported.
    Import,
    /// `pub use …`: the name is imported and re-exported.
    ReExport,
    /// The path occurs in the code.
    Mention,
}

/// The contents of one file: its own module and the inline modules inside it, by their full path.
#[derive(Debug, Default)]
pub struct Parsed {
    pub modules: BTreeMap<Vec<String>, Module>,
    pub references: Vec<Reference>,
}

/// The keywords before the name of the item that they declare.
const DECLARATIONS: [&str; 8] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union",
];

/// Parses the text of the file that is the module `module`.
///
/// # Errors
/// Returns an error if the text does not consist of Rust tokens.
pub fn parse(text: &str, module: &[String]) -> Result<Parsed> {
    let tokens = TokenStream::from_str(text).map_err(|error| anyhow!("not Rust: {error}"))?;
    let mut parsed = Parsed::default();
    parsed.walk(tokens, module, true);
    Ok(parsed)
}

impl Parsed {
    fn module(&mut self, path: &[String]) -> &mut Module {
        self.modules.entry(path.to_vec()).or_default()
    }

    /// Walks through the tokens of a module or, where `is_module` is false, of an item inside it.
    fn walk(&mut self, tokens: TokenStream, scope: &[String], is_module: bool) {
        self.module(scope);
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut is_public = false;
        while let Some(token) = tokens.get(at) {
            let rest = &tokens[at + 1..];
            let was_public = std::mem::take(&mut is_public);
            at += 1 + match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => match rest.first() {
                    Some(TokenTree::Group(attribute)) if is_for_tests(attribute) => {
                        1 + self.skip_item(&rest[1..], scope)
                    }
                    _ => 0,
                },
                TokenTree::Group(group) => {
                    self.walk(group.stream(), scope, false);
                    0
                }
                TokenTree::Ident(word) if word == "pub" => {
                    is_public = true;
                    // `pub(in crate::a)` is not a dependency.
                    usize::from(is_group(rest.first(), Delimiter::Parenthesis))
                }
                TokenTree::Ident(word) if word == "use" => self.import(rest, scope, was_public),
                TokenTree::Ident(word) if word == "mod" => self.child(rest, scope),
                TokenTree::Ident(word) if is_module && DECLARATIONS.iter().any(|it| word == it) => {
                    usize::from(self.declare(rest.first(), scope))
                }
                TokenTree::Ident(_) => self.mention(&tokens[at..], scope),
                TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
            };
        }
    }

    /// Parses `child;` or `child { … }` after `mod`. Returns the number of its tokens.
    fn child(&mut self, rest: &[TokenTree], scope: &[String]) -> usize {
        if !self.declare(rest.first(), scope) {
            return 0;
        }
        if let (Some(name), Some(TokenTree::Group(body))) = (rest.first(), rest.get(1)) {
            let child = [scope, &[name.to_string()]].concat();
            self.walk(body.stream(), &child, true);
            return 2;
        }
        1
    }

    /// Records the name of an item. Returns whether there is one.
    fn declare(&mut self, name: Option<&TokenTree>, scope: &[String]) -> bool {
        let Some(TokenTree::Ident(name)) = name else {
            return false;
        };
        self.module(scope).items.insert(name.to_string());
        true
    }

    /// Skips the item after `#[cfg(test)]`, and records the name of a test module. Returns the
    /// number of tokens of the item.
    fn skip_item(&mut self, rest: &[TokenTree], scope: &[String]) -> usize {
        let mut ends_at_semicolon = false;
        for (at, token) in rest.iter().enumerate() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ';' => return at + 1,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    if !ends_at_semicolon {
                        return at + 1;
                    }
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let Some(TokenTree::Ident(name)) = rest.get(at + 1) {
                        let name = name.to_string();
                        self.module(scope).test_children.insert(name);
                    }
                }
                TokenTree::Ident(word) => {
                    ends_at_semicolon |= ["use", "static", "type"].iter().any(|it| word == it);
                }
                TokenTree::Punct(_) | TokenTree::Group(_) | TokenTree::Literal(_) => {}
            }
        }
        rest.len()
    }

    /// Parses the tree of a `use`. Returns the number of its tokens, including the semicolon.
    fn import(&mut self, rest: &[TokenTree], scope: &[String], is_public: bool) -> usize {
        let end = rest
            .iter()
            .position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';'));
        let end = end.unwrap_or(rest.len());
        let mut leaves = Vec::new();
        read_tree(&rest[..end], &[], &mut leaves);
        let usage = if is_public {
            Usage::ReExport
        } else {
            Usage::Import
        };
        for Leaf { path, name } in leaves {
            match name {
                Name::Everything => self.module(scope).globs.push(path.clone()),
                Name::As(name) => {
                    self.module(scope).imports.insert(name, path.clone());
                }
            }
            let scope = scope.to_vec();
            self.references.push(Reference { scope, path, usage });
        }
        end + 1
    }

    /// Records the path that begins at the first token, if it has more than one name. Returns the
    /// number of tokens after the first.
    fn mention(&mut self, tokens: &[TokenTree], scope: &[String]) -> usize {
        let mut path: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(TokenTree::Ident(part)) = tokens.get(at) {
            path.push(part.to_string());
            at += 1;
            if !is_separator(&tokens[at..])
                || !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)))
            {
                break;
            }
            at += 2;
        }
        if path.len() > 1 {
            self.references.push(Reference {
                scope: scope.to_vec(),
                path,
                usage: Usage::Mention,
            });
        }
        at - 1
    }
}

/// One name that a `use` imports.
struct Leaf {
    path: Vec<String>,
    name: Name,
}

/// The name of an imported path in the module that imports it.
enum Name {
    As(String),
    Everything,
}

/// Parses one branch of the tree of a `use`, below `prefix`.
fn read_tree(tokens: &[TokenTree], prefix: &[String], leaves: &mut Vec<Leaf>) {
    let mut path = prefix.to_vec();
    let mut renamed = None;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "as" => {
                renamed = tokens.get(at + 1).map(ToString::to_string);
                break;
            }
            TokenTree::Ident(part) => path.push(part.to_string()),
            TokenTree::Group(branches) => {
                let branches: Vec<TokenTree> = branches.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for branch in branches.split(is_comma).filter(|it| !it.is_empty()) {
                    read_tree(branch, &path, leaves);
                }
                return;
            }
            TokenTree::Punct(punct) if punct.as_char() == '*' => {
                let name = Name::Everything;
                leaves.push(Leaf { path, name });
                return;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    // `a::{self}` imports `a`.
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    if let Some(name) = renamed.or_else(|| path.last().cloned()) {
        let name = Name::As(name);
        leaves.push(Leaf { path, name });
    }
}

/// Returns whether an attribute restricts its item to tests.
fn is_for_tests(attribute: &Group) -> bool {
    let mut tokens = attribute.stream().into_iter();
    matches!(tokens.next(), Some(TokenTree::Ident(word)) if word == "cfg")
        && matches!(
            tokens.next(),
            Some(TokenTree::Group(condition)) if condition.stream().into_iter().next()
                .is_some_and(|first| first.to_string() == "test")
                || condition.stream().to_string().starts_with("all (test")
        )
}

fn is_group(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

/// Returns whether the tokens begin with `::`.
fn is_separator(tokens: &[TokenTree]) -> bool {
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(0) && is_colon(1)
}

#[cfg(test)]
mod tests {
    use super::{Parsed, Usage, parse};

    fn parsed(text: &str) -> anyhow::Result<Parsed> {
        parse(text, &["a".to_owned()])
    }

    fn paths(text: &str, usage: Usage) -> anyhow::Result<Vec<String>> {
        let references = parsed(text)?.references.into_iter();
        let of_usage = references.filter(|reference| reference.usage == usage);
        Ok(of_usage.map(|it| it.path.join("::")).collect())
    }

    #[test]
    fn every_leaf_of_a_use_is_an_import() -> anyhow::Result<()> {
        let text = "use crate::{b::{self, C as D}, e::*}; pub(super) use self::f::G;";
        assert_eq!(
            paths(text, Usage::Import)?,
            ["crate::b", "crate::b::C", "crate::e"]
        );
        assert_eq!(paths(text, Usage::ReExport)?, ["self::f::G"]);
        let module = &parsed(text)?.modules[&vec!["a".to_owned()]];
        assert_eq!(module.imports["D"], ["crate", "b", "C"]);
        assert_eq!(module.globs, [["crate", "e"]]);
        Ok(())
    }

    #[test]
    fn paths_in_code_and_in_macros_are_mentions() -> anyhow::Result<()> {
        let text =
            "fn f(x: super::T) { view! { <p>{crate::g::h::<u8>()}</p> } } // crate::no::such";
        assert_eq!(paths(text, Usage::Mention)?, ["super::T", "crate::g::h"]);
        Ok(())
    }

    #[test]
    fn a_visibility_is_no_reference() -> anyhow::Result<()> {
        assert!(paths("pub(in crate::b) struct S;", Usage::Mention)?.is_empty());
        Ok(())
    }

    #[test]
    fn code_for_tests_is_left_out_and_what_follows_is_not() -> anyhow::Result<()> {
        let text = "#[cfg(test)] use b::{c, d}; #[cfg(test)] mod tests { use crate::e::F; } \
                    #[cfg(test)] mod more; use g::H;";
        assert_eq!(paths(text, Usage::Import)?, ["g::H"]);
        let module = &parsed(text)?.modules[&vec!["a".to_owned()]];
        assert!(module.test_children.contains("more"));
        Ok(())
    }

    #[test]
    fn an_inline_module_is_a_scope_of_its_own() -> anyhow::Result<()> {
        let parsed = parsed("mod b { use super::C; fn d() {} }")?;
        assert_eq!(parsed.references[0].scope, ["a", "b"]);
        assert!(
            parsed.modules[&vec!["a".to_owned(), "b".to_owned()]]
                .items
                .contains("d")
        );
        Ok(())
    }
}
