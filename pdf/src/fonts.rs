//! Fonts: those of the program, which cover Latin, Greek, Cyrillic, Arabic and more, and the Noto fonts of the machine,
//! which cover nearly everything else. The fonts of the machine come first.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use parley::{
    FontContext,
    fontique::{Blob, Collection, CollectionOptions, SourceCache},
};

/// Where Linux distributions install fonts.
pub const FOLDERS: [&str; 3] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fonts-noto",
];
/// How deep in a folder fonts are looked for.
const DEEPEST: usize = 4;
/// The most entries of folders that are looked at.
const MOST_ENTRIES: usize = 20_000;
/// The most font files that are used.
const MOST_FONTS: usize = 400;
/// What the names of files contain that are no upright fonts for text.
const UNSUITABLE: [&str; 10] = [
    "Color", "Emoji", "Italic", "Mono", "Serif", "Kufi", "Naskh", "Nastaliq", "Display", "Symbols",
];
/// What the names of files contain that are fonts for Chinese, Japanese and Korean.
const EAST_ASIAN: [&str; 6] = ["CJK", "SansHK", "SansJP", "SansKR", "SansSC", "SansTC"];
/// The most such files that [`east_asian_files`] returns.
const MOST_EAST_ASIAN: usize = 8;
/// The weights that documents use, and fonts that have all weights.
const WEIGHTS: [&str; 4] = ["-Regular", "-Bold", "-VF", "["];

/// The fonts of documents. Cheap to clone; clones share what they have read.
#[derive(Clone)]
pub struct Fonts {
    pub(crate) context: FontContext,
    families: Arc<[String]>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let families = &self.families;
        f.debug_struct("Fonts").field("families", families).finish()
    }
}

impl Fonts {
    /// Reads the fonts in `shipped`, and the Noto fonts below `folders`: at most 400 files, four folders deep. Folders
    /// and files that can't be read are passed over. Font files are mapped into memory when a document needs them.
    #[must_use]
    pub fn new(shipped: &[&'static [u8]], folders: &[PathBuf]) -> Self {
        let options = CollectionOptions {
            shared: true,
            ..CollectionOptions::default()
        };
        let mut collection = Collection::new(options);
        collection.load_fonts_from_paths(noto_files(folders));
        let mut families: Vec<_> = collection.family_names().map(ToOwned::to_owned).collect();
        families.sort();
        for font in shipped {
            let registered = collection.register_fonts(Blob::new(Arc::new(*font)), None);
            for (id, _) in registered {
                let name = collection.family_name(id).map(ToOwned::to_owned);
                families.extend(name.filter(|name| !families.contains(name)));
            }
        }
        let context = FontContext {
            collection,
            source_cache: SourceCache::new_shared(),
        };
        Self {
            context,
            families: families.into(),
        }
    }

    /// Returns the families in the order in which a text of a language uses them: Noto Sans, the Noto fonts of single
    /// scripts, those of the program, and the Noto fonts of Chinese, Japanese and Korean. These contain Latin letters,
    /// too, and come first where the language is one of them.
    pub(crate) fn families(&self, language: &str) -> Vec<String> {
        let language = language.split('-').next().unwrap_or_default();
        // They share characters that each writes in its own way.
        let regions = match language {
            "zh" => ["SC", "TC", "JP", "KR"],
            "ko" => ["KR", "JP", "SC", "TC"],
            _ => ["JP", "SC", "TC", "KR"],
        };
        let is_east_asian = ["ja", "ko", "zh"].contains(&language);
        let rank = |name: &String| {
            let region = name.rsplit(' ').next().unwrap_or_default();
            match regions.iter().position(|it| *it == region) {
                Some(place) if is_east_asian => place,
                Some(place) => 20 + place,
                None if name == "Noto Sans" => 10,
                None if name.starts_with("Noto") => 11,
                None => 12,
            }
        };
        let mut families = self.families.to_vec();
        // The sort is stable: within a rank the order stays.
        families.sort_by_key(rank);
        families
    }
}

/// Returns the files of the Noto fonts for Chinese, Japanese and Korean on this machine, at most eight.
#[must_use]
pub fn east_asian_files() -> Vec<PathBuf> {
    let mut files = noto_files(&FOLDERS.map(PathBuf::from));
    files.retain(|path| is_east_asian(path));
    files.truncate(MOST_EAST_ASIAN);
    files
}

/// Returns whether a file of a Noto font is one for Chinese, Japanese or Korean.
fn is_east_asian(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    EAST_ASIAN.iter().any(|word| name.contains(word))
}

/// Returns the files of Noto fonts below `folders`, sorted by name.
fn noto_files(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut ahead: Vec<(PathBuf, usize)> = folders.iter().map(|path| (path.clone(), 0)).collect();
    while let Some((folder, depth)) = ahead.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            looked_at += 1;
            if looked_at > MOST_ENTRIES {
                break;
            }
            let path = entry.path();
            match path.is_dir() {
                true if depth < DEEPEST => ahead.push((path, depth + 1)),
                false if is_suitable(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found.truncate(MOST_FONTS);
    found
}

/// Returns whether a file is an upright Noto font without serifs, in a weight that documents use.
fn is_suitable(path: &Path) -> bool {
    let is_font = path
        .extension()
        .is_some_and(|extension| ["ttf", "otf", "ttc"].iter().any(|it| extension == *it));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_font
        && name.starts_with("NotoSans")
        && !UNSUITABLE.iter().any(|word| name.contains(word))
        && WEIGHTS.iter().any(|weight| name.contains(weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upright_noto_fonts_without_serifs_are_used() {
        for (name, is_used) in [
            ("NotoSans-Regular.ttf", true),
            ("NotoSansArabic-Bold.ttf", true),
            ("NotoSansCJK-Regular.ttc", true),
            ("NotoSansThai[wght].ttf", true),
            ("NotoSans-Italic.ttf", false),
            ("NotoSerif-Regular.ttf", false),
            ("NotoColorEmoji.ttf", false),
            ("NotoSansMono-Regular.ttf", false),
            ("NotoSans-Light.ttf", false),
            ("Lato-Regular.ttf", false),
            ("NotoSans-Regular.txt", false),
        ] {
            assert_eq!(is_suitable(Path::new(name)), is_used, "{name}");
        }
    }

    #[test]
    fn fonts_for_chinese_japanese_and_korean_are_known_by_their_names() {
        for name in [
            "NotoSansCJK-Regular.ttc",
            "NotoSansJP-Bold.otf",
            "NotoSansKR[wght].ttf",
        ] {
            assert!(is_east_asian(Path::new(name)), "{name}");
        }
        for name in ["NotoSans-Regular.ttf", "NotoSansArabic-Bold.ttf"] {
            assert!(!is_east_asian(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn latin_letters_are_those_of_a_latin_font_unless_the_language_is_east_asian() {
        let fonts = Fonts {
            families: [
                "DejaVu Sans",
                "Noto Sans Arabic",
                "Noto Sans CJK JP",
                "Noto Sans CJK SC",
            ]
            .map(str::to_owned)
            .into(),
            ..Fonts::new(&[], &[])
        };
        for (language, order) in [
            (
                "en",
                [
                    "Noto Sans Arabic",
                    "DejaVu Sans",
                    "Noto Sans CJK JP",
                    "Noto Sans CJK SC",
                ],
            ),
            (
                "ja",
                [
                    "Noto Sans CJK JP",
                    "Noto Sans CJK SC",
                    "Noto Sans Arabic",
                    "DejaVu Sans",
                ],
            ),
            (
                "zh-Hans",
                [
                    "Noto Sans CJK SC",
                    "Noto Sans CJK JP",
                    "Noto Sans Arabic",
                    "DejaVu Sans",
                ],
            ),
        ] {
            assert_eq!(fonts.families(language), order, "{language}");
        }
    }

    #[test]
    fn a_folder_that_is_missing_has_no_fonts() {
        assert!(noto_files(&[PathBuf::from("/nowhere")]).is_empty());
    }
}
