//! Covers: the picture of a competition as SVG, and the same with its title and date as PNG for previews in
//! social networks.
//!
//! | module | what it does |
//! | --- | --- |
//! | `drawing`, `canvas`, `motifs`, `tiles` | draw the picture: a pure function |
//! | `words` | sets the title and the date beside it |
//!
//! Drawing takes microseconds, so SVG is drawn for each request. A PNG is made once for all who ask for the same
//! picture ([`rasterizer`](super::rasterizer)), and kept in memory.

mod canvas;
mod drawing;
mod motifs;
mod tiles;
mod words;

use std::time::Duration;

use bytes::Bytes;
use moka::future::Cache;

use super::{Result, rasterizer::Rasterizer};
use crate::model::{CompetitionId, CompetitionView, Language};

/// The memory for pictures, in bytes: about 400 of them.
const MEMORY: u64 = 24 << 20;
/// After this time without use a picture is dropped.
const IDLE: Duration = Duration::from_mins(60);

/// A competition, the version of its cover, and the date that stands on the picture, which languages share if the
/// fonts lack their scripts.
type CoverKey = (CompetitionId, String, String);

/// Makes the pictures of competitions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Covers {
    rasterizer: Rasterizer,
    kept: Cache<CoverKey, Bytes>,
}

impl Default for Covers {
    fn default() -> Self {
        Self::new(Rasterizer::default())
    }
}

impl Covers {
    /// Creates the service, which shares the bound of `rasterizer`.
    #[must_use]
    pub fn new(rasterizer: Rasterizer) -> Self {
        let size = |_: &CoverKey, picture: &Bytes| u32::try_from(picture.len()).unwrap_or(u32::MAX);
        Self {
            rasterizer,
            kept: Cache::builder()
                .weigher(size)
                .max_capacity(MEMORY)
                .time_to_idle(IDLE)
                .build(),
        }
    }

    /// Returns the cover as an SVG document of at most 12 KiB, without words.
    #[must_use]
    pub fn svg(competition: &CompetitionView) -> String {
        drawing::draw(competition.cover(), &competition.title, "")
    }

    /// Returns the cover with title, date and place as a PNG of 1200 × 630 pixels. The date is in `language`, or
    /// in English if the fonts lack its script.
    ///
    /// # Errors
    /// Returns `DomainError::Overloaded` if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub async fn png(&self, competition: &CompetitionView, language: Language) -> Result<Bytes> {
        let date = words::date(competition, language);
        let key = (competition.id, competition.cover_version(), date.clone());
        let made = self.kept.try_get_with(key, self.make(competition, &date));
        Ok(made.await?)
    }

    async fn make(&self, competition: &CompetitionView, date: &str) -> Result<Bytes> {
        let cover = competition.cover();
        let words = words::social(competition, cover.palette, date);
        let svg = drawing::draw(cover, &competition.title, &words);
        self.rasterizer.png(svg).await
    }
}
