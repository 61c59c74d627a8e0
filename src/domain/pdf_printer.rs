//! Makes PDF documents: on blocking threads, a few at a time, with the fonts of the program and of the machine.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use pdf::{Fonts, PdfError, Printed, QrCode, Script};

use super::{Result, blocking_work::BlockingWork, rasterizer::fonts};
use crate::{
    model::{
        Language,
        qr_code::{DarkRun, QrModules},
    },
    store::InfrastructureError,
};

/// The number of documents that are made at the same time. A certificate takes milliseconds, and 500 badges take a part
/// of a second.
const AT_ONCE: usize = 2;
/// How long a document waits for a thread before the request is refused as overload.
const MAX_WAIT: Duration = Duration::from_secs(4);

/// Makes PDF documents. Cheap to clone; clones share their bound and their fonts.
#[derive(Debug, Clone)]
pub struct PdfPrinter {
    work: BlockingWork,
    fonts: Arc<OnceLock<Fonts>>,
}

/// A document that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedFile {
    /// The title of the competition that it is about.
    pub title: String,
    /// The content of the file.
    pub pdf: Bytes,
}

impl Default for PdfPrinter {
    fn default() -> Self {
        Self {
            work: BlockingWork::new(AT_ONCE, MAX_WAIT),
            fonts: Arc::default(),
        }
    }
}

impl PdfPrinter {
    /// Returns what `draw` makes. The fonts are looked for when the first document is made.
    ///
    /// # Errors
    /// Returns [`Overloaded`](crate::model::DomainError::Overloaded) if the document waited for a thread for four seconds,
    /// and an infrastructure error if it could not be made.
    pub(super) async fn print(
        &self,
        draw: impl FnOnce(&Fonts) -> Result<Printed, PdfError> + Send + 'static,
    ) -> Result<Bytes> {
        let fonts = Arc::clone(&self.fonts);
        let made = self.work.run(move || draw(fonts.get_or_init(find_fonts)));
        let made = made.await?.map_err(InfrastructureError::internal)?;
        let printed = made.map_err(InfrastructureError::internal)?;
        if printed.missing_glyphs > 0 {
            tracing::warn!(
                glyphs.missing = printed.missing_glyphs,
                "A PDF shows empty boxes: no font on this machine has some of its characters (docs/OPERATIONS.md)"
            );
        }
        Ok(printed.pdf.into())
    }
}

fn find_fonts() -> Fonts {
    Fonts::new(
        &[fonts::REGULAR, fonts::BOLD],
        &pdf::fonts::FOLDERS.map(PathBuf::from),
    )
}

/// Returns a language as documents need it.
pub(super) fn script(language: Language) -> Script {
    Script {
        language: language.tag().to_owned(),
        right_to_left: language.direction() == "rtl",
    }
}

/// Returns a text as a QR code for a document; `None` if it is too long for one.
pub(super) fn qr_code(text: &str) -> Option<QrCode> {
    let code = QrModules::of(text)?;
    let number = |number: usize| u16::try_from(number).ok();
    let run = |DarkRun { x, y, length }: DarkRun| Some((number(x)?, number(y)?, number(length)?));
    Some(QrCode {
        size: number(code.size)?,
        runs: code.dark.into_iter().map(run).collect::<Option<_>>()?,
    })
}
