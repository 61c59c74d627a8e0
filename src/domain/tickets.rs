//! Tickets: what a participant shows at check-in, as a page and as pictures.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`codes`] | makes and verifies the text of the QR code |
//! | `picture` | draws the ticket: a pure function |
//!
//! A ticket is for its participant alone: neither organizers nor administrators can show it. It exists while
//! the registration holds a seat; what people have saved or printed before is judged at check-in.

pub mod codes;
mod picture;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use codes::TicketCodes;

use super::{Actor, Result, rasterizer::Rasterizer, registration::Registrations};
use crate::{
    model::{
        DomainError, Language, OwnRegistrationView, RegistrationId, RegistrationView, TicketState,
        TicketView,
    },
    ops::Clock,
};

/// Shows tickets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tickets {
    registrations: Registrations,
    clock: Clock,
    codes: TicketCodes,
    rasterizer: Rasterizer,
}

/// A ticket that is drawn, and not yet made into a file.
#[derive(Debug, Clone)]
pub struct TicketPicture {
    drawing: picture::TicketDrawing,
    rasterizer: Rasterizer,
}

impl Tickets {
    /// Creates the service, which shares the bound of `rasterizer`.
    #[must_use]
    pub const fn new(
        registrations: Registrations,
        clock: Clock,
        codes: TicketCodes,
        rasterizer: Rasterizer,
    ) -> Self {
        Self {
            registrations,
            clock,
            codes,
            rasterizer,
        }
    }

    /// Returns the ticket of a registration of `actor`, whose name is `holder`, in any state.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration or `actor` is not its participant.
    pub async fn of(&self, actor: Actor, holder: &str, id: RegistrationId) -> Result<TicketView> {
        let own = self.registrations.get(actor, id).await?;
        if own.registration.user_id != actor.id {
            return Err(DomainError::NotFound.into());
        }
        let state = self.state(&own);
        let code = self.code(&own);
        Ok(TicketView {
            registration: own.registration,
            competition: own.competition,
            holder: holder.to_owned(),
            state,
            code,
        })
    }

    /// Returns a registration as `actor` may see it: with the code of the ticket if it is theirs and admits.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration, and `actor` is neither its
    /// participant nor the organizer of its competition.
    pub async fn registration(&self, actor: Actor, id: RegistrationId) -> Result<RegistrationView> {
        let own = self.registrations.get(actor, id).await?;
        let is_own = own.registration.user_id == actor.id;
        let ticket_code = self.code(&own).filter(|_| is_own);
        Ok(RegistrationView {
            ticket_code,
            ..own.registration
        })
    }

    /// Draws the ticket of a registration of `actor`, whose name is `holder`.
    ///
    /// # Errors
    /// Returns [`DomainError::NotFound`] if there is no such registration, if `actor` is not its participant, or
    /// if it admits nobody.
    pub async fn picture(
        &self,
        actor: Actor,
        holder: &str,
        id: RegistrationId,
        language: Language,
    ) -> Result<TicketPicture> {
        let ticket = self.of(actor, holder, id).await?;
        let code = ticket.code.as_deref().ok_or(DomainError::NotFound)?;
        Ok(TicketPicture {
            drawing: picture::draw(&ticket, code, language),
            rasterizer: self.rasterizer.clone(),
        })
    }

    fn state(&self, own: &OwnRegistrationView) -> TicketState {
        let phase = own.competition.phase(self.clock.now());
        TicketState::of(own.registration.status, phase)
    }

    /// Returns the code of a registration that admits.
    fn code(&self, own: &OwnRegistrationView) -> Option<String> {
        let registration = &own.registration;
        let admits = self.state(own).admits();
        admits.then(|| {
            self.codes
                .code(registration.registration_id, registration.user_id)
        })
    }
}

impl TicketPicture {
    /// Returns a hash of everything that the picture shows.
    #[must_use]
    pub fn version(&self) -> String {
        let drawing = &self.drawing;
        let mut hash = Sha256::new_with_prefix(&drawing.svg);
        for plain in &drawing.plain {
            hash.update(&plain.element);
        }
        hex::encode(&hash.finalize()[..12])
    }

    /// Returns the picture as an SVG document that needs no fonts; words that the fonts of this program lack
    /// are text, in the fonts of the device that shows it.
    ///
    /// # Errors
    /// Returns [`DomainError::Overloaded`] if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub async fn svg(self) -> Result<String> {
        let picture::TicketDrawing { svg, plain, title } = self.drawing;
        let outlined = self.rasterizer.outlined(svg).await?;
        Ok(picture::completed(&outlined, &plain, &title))
    }

    /// Returns the picture as a PNG. Words that the fonts of this program lack are in the Noto fonts for Chinese, Japanese and
    /// Korean of this machine, and left out where it has none.
    ///
    /// # Errors
    /// Returns [`DomainError::Overloaded`] if the picture waited for a thread for four seconds, and an
    /// infrastructure error if it could not be made.
    pub async fn png(self) -> Result<Bytes> {
        let picture::TicketDrawing { svg, plain, .. } = self.drawing;
        self.rasterizer.png_with(svg, plain).await
    }
}
