//! Pictures with words: their fonts, how texts are fitted into them, and how SVG becomes PNG.
//!
//! Making a PNG takes tens of milliseconds of one core, and setting text as outlines a few. Both are done on
//! blocking threads, two at a time in the whole process.

pub(in crate::domain) mod fonts;
pub(in crate::domain) mod words;

use std::time::Duration;

use bytes::Bytes;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, WriteOptions},
};

use super::{Result, blocking_work::BlockingWork};
use crate::store::InfrastructureError;

/// The number of pictures that are made at the same time.
const AT_ONCE: usize = 2;
/// How long a picture waits for a thread before the request is refused as overload.
const MAX_WAIT: Duration = Duration::from_secs(4);

/// Words that the fonts of the program lack.
#[derive(Debug, Clone)]
pub(in crate::domain) struct PlainText {
    /// Only the words of a picture.
    pub words: String,
    /// The element of an SVG document that shows them.
    pub element: String,
}

/// Makes pictures from SVG documents. Cheap to clone; clones share their bound.
#[derive(Debug, Clone)]
pub struct Rasterizer(BlockingWork);

impl Default for Rasterizer {
    fn default() -> Self {
        Self(BlockingWork::new(AT_ONCE, MAX_WAIT))
    }
}

impl Rasterizer {
    /// Returns an SVG document as a PNG of the same size.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub(super) async fn png(&self, svg: String) -> Result<Bytes> {
        self.make(move || rasterized(&parsed(&svg)?)).await
    }

    /// Returns an SVG document as a PNG of the same size, with more words as far as the fonts of this machine have them.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub(super) async fn png_with(&self, svg: String, more: Vec<PlainText>) -> Result<Bytes> {
        if more.is_empty() {
            return self.png(svg).await;
        }
        self.make(move || match fonts::with_east_asian() {
            None => rasterized(&parsed(&svg)?),
            Some(fonts) => {
                let shown = more.iter().filter(|it| fonts::cover(&fonts, &it.words));
                let elements: String = shown.map(|it| it.element.as_str()).collect();
                let group = format!(r#"<g font-family="DejaVu Sans">{elements}</g></svg>"#);
                let document = svg.trim_end();
                let svg = document.strip_suffix("</svg>").unwrap_or(document);
                let svg = format!("{svg}{group}");
                let options = Options {
                    fontdb: fonts,
                    font_resolver: fonts::resolver(),
                    ..Options::default()
                };
                let tree = Tree::from_str(&svg, &options).map_err(InfrastructureError::internal)?;
                rasterized(&tree)
            }
        })
        .await
    }

    /// Returns an SVG document that shows the same on every machine: its words are outlines.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub(super) async fn outlined(&self, svg: String) -> Result<String> {
        self.make(move || {
            let options = WriteOptions {
                coordinates_precision: 2,
                transforms_precision: 4,
                indent: resvg::usvg::Indent::None,
                ..WriteOptions::default()
            };
            Ok(parsed(&svg)?.to_string(&options))
        })
        .await
    }

    async fn make<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, InfrastructureError> + Send + 'static,
    ) -> Result<T> {
        let made = self.0.run(work).await?;
        Ok(made.map_err(InfrastructureError::internal)??)
    }
}

fn parsed(svg: &str) -> Result<Tree, InfrastructureError> {
    let options = Options {
        fontdb: fonts::database(),
        ..Options::default()
    };
    Tree::from_str(svg, &options).map_err(InfrastructureError::internal)
}

fn rasterized(tree: &Tree) -> Result<Bytes, InfrastructureError> {
    let size = tree.size().to_int_size();
    let mut pixels = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| InfrastructureError::internal("no pixels for a picture"))?;
    resvg::render(tree, Transform::identity(), &mut pixels.as_mut());
    let png = pixels.encode_png().map_err(InfrastructureError::internal)?;
    Ok(png.into())
}
