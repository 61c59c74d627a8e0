//! Signing up, logging in and out, the profile.

use leptos::prelude::*;

use super::answer::{Done, actor, fail, origin, see_other, services, succeed};
use crate::{
    domain::Error,
    model::{
        DomainError, UserView,
        forms::{FieldErrors, LoginForm, ProfileForm, SignupForm},
    },
    ui::{
        address,
        flash::Typed,
        session::{log_in, log_out, viewer},
        text::{refusal, text},
    },
};

/// Makes an account and logs in.
#[server(prefix = "/act", endpoint = "signup")]
pub async fn signup(
    #[server(default)] name: String,
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Done {
    let form = SignupForm {
        name,
        email,
        password,
    };
    let made: Result<UserView, Error> = async {
        let verified = services()?.accounts.sign_up(&form, &origin()?).await?;
        log_in(&verified).await?;
        Ok(verified.user)
    }
    .await;
    match made {
        Ok(user) => {
            let to = address::local(&next).unwrap_or(address::COMPETITIONS);
            succeed(to, (text().outcomes.signed_up)(&user.name)).await;
        }
        Err(error) => {
            let back = address::signup_then(&next);
            fail(&back, Typed::of("signup", &form), error).await;
        }
    }
    Ok(())
}

/// Logs in.
#[server(prefix = "/act", endpoint = "login")]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Done {
    let form = LoginForm { email, password };
    let found: Result<UserView, Error> = async {
        let verified = services()?.accounts.log_in(&form, &origin()?).await?;
        log_in(&verified).await?;
        Ok(verified.user)
    }
    .await;
    match found {
        Ok(user) => {
            let to = address::local(&next).unwrap_or(address::COMPETITIONS);
            succeed(to, (text().outcomes.logged_in)(&user.name)).await;
        }
        Err(error) => {
            let back = address::login_then(&next);
            let typed = Typed::of("login", &form);
            // Tied to the password field, and said at once to those who can't see it.
            let error = match error {
                Error::Domain(no @ DomainError::InvalidCredentials) => Error::Domain(
                    DomainError::Invalid(FieldErrors::one("password", refusal(&no))),
                ),
                other => other,
            };
            fail(&back, typed, error).await;
        }
    }
    Ok(())
}

/// Logs out.
#[server(prefix = "/act", endpoint = "logout")]
pub async fn logout() -> Done {
    match log_out().await {
        // Nothing is said on the next page: to keep a sentence would make a new session.
        Ok(()) => see_other("/"),
        Err(error) => fail("/", Typed::default(), error).await,
    }
    Ok(())
}

/// Changes name or address.
#[server(prefix = "/act", endpoint = "profile")]
pub async fn update_profile(
    #[server(default)] name: String,
    #[server(default)] email: String,
) -> Done {
    // What did not change is not sent: so a taken address can't be told from one's own.
    let old = viewer();
    let unless_same = |new: &String, old: Option<&String>| (Some(new) != old).then(|| new.clone());
    let form = ProfileForm {
        name: unless_same(&name, old.as_ref().map(|user| &user.name)),
        email: unless_same(&email, old.as_ref().map(|user| &user.email)),
    };
    let typed = Typed::of(
        "profile",
        &ProfileForm {
            name: Some(name),
            email: Some(email),
        },
    );
    let saved: Result<UserView, Error> =
        async { services()?.accounts.change_profile(actor()?, &form).await }.await;
    match saved {
        Ok(_) => succeed(address::PROFILE, text().outcomes.profile_saved).await,
        Err(error) => fail(address::PROFILE, typed, error).await,
    }
    Ok(())
}
