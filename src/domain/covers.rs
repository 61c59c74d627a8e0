//! Covers: the picture of a competition as SVG, and the same with its title and date as PNG for previews in
//! social networks.
//!
//! | module | what it does |
//! | --- | --- |
//! | `drawing`, `canvas`, `motifs`, `tiles` | draw the picture: a pure function |
//! | `words` | sets the title and the date beside it |
//! | `fonts` | the fonts, which are a part of the program |
//!
//! Drawing takes microseconds, so SVG is drawn for each request. Making a PNG takes tens of milliseconds of
//! one core: it is done on blocking threads, two at a time, once for all who ask for the same picture, and
//! kept in memory.

mod canvas;
mod drawing;
mod fonts;
mod motifs;
mod tiles;
mod words;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use moka::future::Cache;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};
use tokio::{sync::Semaphore, time::timeout};

use super::{Error, Result};
use crate::{
    model::{CompetitionId, CompetitionView, DomainError},
    store::InfrastructureError,
};

/// The number of pictures that are made at the same time.
const AT_ONCE: usize = 2;
/// How long a picture waits for a thread before the request is refused as overload.
const MAX_WAIT: Duration = Duration::from_secs(4);
/// The memory for pictures, in bytes: about 400 of them.
const MEMORY: u64 = 24 << 20;
/// After this time without use a picture is dropped.
const IDLE: Duration = Duration::from_mins(60);

/// A competition, and the version of its cover.
type CoverKey = (CompetitionId, String);

/// Makes the pictures of competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Covers {
    permits: Arc<Semaphore>,
    pictures: Cache<CoverKey, Bytes>,
}

impl Default for Covers {
    fn default() -> Self {
        let size = |_: &CoverKey, picture: &Bytes| u32::try_from(picture.len()).unwrap_or(u32::MAX);
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            pictures: Cache::builder()
                .weigher(size)
                .max_capacity(MEMORY)
                .time_to_idle(IDLE)
                .build(),
        }
    }
}

impl Covers {
    /// Returns the cover as an SVG document of at most 12 KiB, without words.
    #[must_use]
    pub fn svg(competition: &CompetitionView) -> String {
        drawing::draw(competition.cover(), &competition.title, "")
    }

    /// Returns the cover with title, date and place as a PNG of 1200 × 630 pixels.
    ///
    /// # Errors
    /// Returns [`DomainError::Overloaded`] if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub async fn png(&self, competition: &CompetitionView) -> Result<Bytes> {
        let key = (competition.id, competition.cover_version());
        let made = self.pictures.try_get_with(key, self.make(competition));
        made.await.map_err(|error: Arc<Error>| match &*error {
            Error::Domain(error) => error.clone().into(),
            Error::Infrastructure(error) => InfrastructureError::internal(error.to_string()).into(),
        })
    }

    async fn make(&self, competition: &CompetitionView) -> Result<Bytes> {
        let overloaded = DomainError::Overloaded { retry_after: 5 };
        let permit = timeout(MAX_WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_elapsed| overloaded.clone())?
            .map_err(|_closed| overloaded)?;
        let cover = competition.cover();
        let words = words::social(competition, cover.palette);
        let svg = drawing::draw(cover, &competition.title, &words);
        let made = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            rasterized(&svg)
        });
        Ok(made.await.map_err(InfrastructureError::internal)??)
    }
}

/// Returns an SVG document as a PNG.
fn rasterized(svg: &str) -> Result<Bytes, InfrastructureError> {
    let options = Options {
        fontdb: fonts::database(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(InfrastructureError::internal)?;
    let mut pixels = Pixmap::new(canvas::WIDTH, canvas::HEIGHT)
        .ok_or_else(|| InfrastructureError::internal("no pixels for a cover"))?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    let png = pixels.encode_png().map_err(InfrastructureError::internal)?;
    Ok(png.into())
}
