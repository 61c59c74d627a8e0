//! What a document's head needs to load the style sheet and the browser bundle.
//!
//! It is rendered once in a process, since it depends on nothing but the files of the site. Documents
//! have few inline scripts, and each is always the same: the content security policy allows them by their
//! hashes (CSP level 3, section 6.7.3.3). So a document is the same for every visitor, which a nonce
//! would prevent, and a script that an attacker smuggles into a page has another hash.

use std::{path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use leptos::{config::LeptosOptions, prelude::*};
use sha2::{Digest, Sha256};

/// Script that runs before the first paint. It applies the stored theme and opts in to view
/// transitions between pages. The browser checks for the opt-in as soon as a new page begins, and
/// skips the transition if the style sheet has not arrived, so the opt-in can't wait for the style
/// sheet; the promise that is rejected then is no error. Neither is that of the page before, which is rejected if
/// the visitor goes elsewhere before the new page has begun. It asks before an edited form is left (`data-unsaved`,
/// with the value `typed` if the page was loaded with unsaved input), unless by a link that says so
/// (`data-leave`). After the page has loaded it registers the service worker, where the browser has them. These lines are not part of the bundle because the bundle is loaded after the content.
pub(super) const EARLY: &str = "try{let t=localStorage.getItem('theme');\
if(t)document.documentElement.dataset.theme=t;\
let s=new CSSStyleSheet;s.replaceSync('@media (prefers-reduced-motion:no-preference)\
{@view-transition{navigation:auto}}');document.adoptedStyleSheets.push(s)}catch(e){}\
for(let k of['pageswap','pagereveal'])addEventListener(k,e=>e.viewTransition?.ready.catch(()=>{}));\
{let f=0,u='[data-unsaved]';addEventListener('input',e=>{if(e.target.closest(u))f=1});\
addEventListener('submit',e=>{if(e.target.matches(u))f=-1});\
addEventListener('click',e=>{if(e.target.closest('[data-leave]'))f=-1});\
addEventListener('beforeunload',e=>{\
if(f>0||!f&&document.querySelector('[data-unsaved=typed]'))e.preventDefault()})}\
addEventListener('load',()=>navigator.serviceWorker?.register('/service-worker.js',\
{updateViaCache:'none'}).catch(()=>{}))";

/// The scripts that Leptos writes at the end of each document. They say that no data comes with it: our
/// islands have their data in their attributes. A document with data would break its own policy, which
/// the browser tests would notice.
const LEPTOS: [&str; 2] = [
    "__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];__PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];",
    "__INCOMPLETE_CHUNKS=[];",
];

/// The style sheet, and the browser bundle if `cargo xtask site` has built it. Without it pages leave out
/// its scripts, and everything still works. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct BrowserBundle(Arc<Elements>);

#[derive(Debug, Default)]
struct Elements {
    stylesheet: String,
    stylesheet_path: String,
    scripts: String,
    sources: String,
}

impl BrowserBundle {
    /// Renders the elements for the files that the site has, as its hash file records them.
    #[must_use]
    pub fn load(options: &LeptosOptions) -> Self {
        let hashes = std::fs::read_to_string(Path::new(&*options.hash_file)).unwrap_or_default();
        let hash = |name: &str| {
            let line = |line: &str| {
                Some(
                    line.trim()
                        .strip_prefix(name)?
                        .strip_prefix(':')?
                        .trim()
                        .to_owned(),
                )
            };
            hashes.lines().find_map(line)
        };
        let name = match hash("css") {
            Some(hash) => format!("{}.{hash}.css", options.output_name),
            None => format!("{}.css", options.output_name),
        };
        let folder = &options.site_pkg_dir;
        let present = hash("js").is_some() && hash("wasm").is_some();
        let scripts = if present {
            hydration_scripts(options)
        } else {
            String::new()
        };
        let inline = inline_script(&scripts);
        let sources = [EARLY].into_iter().chain(LEPTOS).chain(inline).map(source);
        Self(Arc::new(Elements {
            stylesheet: format!("<link rel=\"stylesheet\" href=\"/{folder}/{name}\">"),
            stylesheet_path: format!("/{folder}/{name}"),
            sources: sources.collect::<Vec<_>>().join(" "),
            scripts,
        }))
    }

    /// Returns the element that loads the style sheet.
    #[must_use]
    pub fn stylesheet(&self) -> &str {
        &self.0.stylesheet
    }

    /// Returns the path of the style sheet; empty if no site was loaded.
    #[must_use]
    pub fn stylesheet_path(&self) -> &str {
        &self.0.stylesheet_path
    }

    /// Returns the elements that load the bundle; empty if there is none.
    #[must_use]
    pub fn scripts(&self) -> &str {
        &self.0.scripts
    }

    /// Returns the hashes of all inline scripts of a document, as sources of a content security policy.
    #[must_use]
    pub fn script_sources(&self) -> &str {
        &self.0.sources
    }
}

/// What replaces Leptos' start "when the browser is idle", which is often before anything is painted: the
/// bundle would share a slow line with the style sheet and the pictures. A page that nobody sees is not
/// painted, so it does not wait. The other file of the bundle is asked for at the same time as this one.
const AFTER_FIRST_PAINT: &str = "\
const afterFirstPaint = (start) => document.hidden
\t\t? start()
\t\t: new PerformanceObserver((_, observer) => { observer.disconnect(); start(); })
\t\t\t.observe({ type: 'paint', buffered: true });
\tafterFirstPaint(() => {
\t\tconst link = document.createElement('link');
\t\tObject.assign(link, { rel: 'preload', as: 'fetch', type: 'application/wasm', crossOrigin: '' });
\t\tlink.href = `${root}/${pkg_path}/${wasm_output_name}.wasm`;
\t\tdocument.head.append(link);";

/// Renders the script of Leptos that loads the bundle, so that it waits for the first paint. Its elements that
/// preload the bundle before are left out.
fn hydration_scripts(options: &LeptosOptions) -> String {
    let owner = Owner::new();
    let html =
        owner.with(|| view! { <HydrationScripts options=options.clone() islands=true/> }.to_html());
    owner.cleanup();
    let script = inline_script(&html).unwrap_or_default();
    let script = script.replacen("idle(() => {", AFTER_FIRST_PAINT, 1);
    format!("<script type=\"module\">{script}</script>")
}

/// Returns the content of the inline script among the elements.
fn inline_script(elements: &str) -> Option<&str> {
    let (_, script) = elements.split_once("<script type=\"module\">")?;
    script.split_once("</script>").map(|(content, _)| content)
}

/// Returns the source expression that allows exactly this script.
fn source(script: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(hashes: &str) -> BrowserBundle {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hash.txt");
        std::fs::write(&file, hashes).unwrap();
        let options = LeptosOptions::builder()
            .output_name("mini-compete")
            .site_pkg_dir("pkg")
            .hash_files(true)
            .hash_file(file.to_string_lossy().into_owned().into())
            .build();
        BrowserBundle::load(&options)
    }

    #[test]
    fn the_policy_has_a_hash_for_each_inline_script() {
        let bundle = load("js: 1a\nwasm: 2b\ncss: 3c\n");
        assert!(bundle.stylesheet().contains("/pkg/mini-compete.3c.css"));
        assert!(bundle.scripts().contains("mini-compete.1a"));
        assert!(!bundle.scripts().contains("<link"));
        let script = inline_script(bundle.scripts()).unwrap();
        assert!(script.contains("mini-compete.2b"), "{script}");
        assert!(script.contains(AFTER_FIRST_PAINT), "{script}");
        for script in [EARLY, LEPTOS[0], LEPTOS[1], script] {
            assert!(
                bundle.script_sources().contains(&source(script)),
                "{script}"
            );
        }
        assert!(!bundle.scripts().contains("nonce"));
    }

    #[test]
    fn a_site_without_a_bundle_has_a_style_sheet_and_no_scripts() {
        let bundle = load("css: 3c\n");
        assert_eq!(bundle.scripts(), "");
        assert!(bundle.stylesheet().contains("3c"));
    }
}
