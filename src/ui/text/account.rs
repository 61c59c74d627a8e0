//! Sentences for signing up, logging in, and the profile.

use crate::model::Role;

catalogue! {
    /// Sentences for signing up, logging in, and the profile.
    AccountText = ACCOUNT {
        signup_title => "Create your account";
        signup_lead => "One account for every competition.";
        signup => "Sign up";
        have_account => "Have an account already?";
        login_title => "Welcome back";
        login_lead => "Log in to take seats and read your mail.";
        login => "Log in";
        no_account => "New here?";
        name => "Name";
        name_hint => "As organizers will see it.";
        email => "E-mail";
        email_hint => "You log in with it.";
        password => "Password";
        password_hint => "At least 10 characters. A few words are easier to remember than symbols.";
        profile_title => "Profile";
        profile_lead => "What organizers see of you, and how you log in.";
        save => "Save";
        role => "Role";
        role_name(role: Role) => match role { Role::Participant => "Participant", Role::Organizer => "Organizer", Role::Admin => "Administrator" }.to_owned();
        role_hint => "An administrator can change it.";
        since => "Member since";
        errors_title => "Some fields need another look";
    }
}
