//! Stable words for what can go wrong, by which programs tell one error from another.

/// Defines the codes with their words, and what each means.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $word:literal,)*) => {
        /// What went wrong, for programs. A word never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $meaning])+ $code,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// As the API writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => concat!($($meaning),+),)*
                }
            }
        }
    };
}

codes! {
    /// There is no such thing, or the caller may not know of it.
    NotFound = "not_found",
    /// The folder that should hold the new name does not exist.
    ParentMissing = "parent_missing",
    /// The caller is known and may not do this.
    Forbidden = "forbidden",
    /// The caller is not known.
    Unauthenticated = "unauthenticated",
    /// The request itself makes no sense.
    Invalid = "invalid",
    /// A name or path is longer than the server keeps.
    NameTooLong = "name_too_long",
    /// The name is taken.
    Exists = "exists",
    /// A condition the caller made does not hold: something has changed since it was read.
    Stale = "stale",
    /// Somebody's lock is in the way.
    Locked = "locked",
    /// The bytes do not fit the quota.
    QuotaExceeded = "quota_exceeded",
    /// The server has no room left.
    OutOfSpace = "out_of_space",
    /// One request asks for more than a limit allows.
    TooLarge = "too_large",
    /// Too many requests; worth trying again after the wait.
    TooMany = "too_many_requests",
    /// The server does not do this.
    Unsupported = "unsupported",
    /// Something the server needs does not answer now; trying again is worth it.
    Unavailable = "unavailable",
    /// A fault of the server.
    Internal = "internal",
    /// Something is missing that the rest of the request needs.
    Incomplete = "incomplete",
    /// The moment that is given has passed already.
    Past = "in_the_past",
    /// Who is named in the request is nobody who could be meant.
    NobodyThere = "nobody_there",
    /// The method is not one that this address knows.
    MethodNotAllowed = "method_not_allowed",
    /// The body is of a media type that is not read here.
    UnsupportedMediaType = "unsupported_media_type",
    /// The access token has expired; get another one with the refresh token.
    TokenExpired = "token_expired",
    /// The access token is no token of this server, or was changed.
    TokenForged = "token_forged",
    /// The access token is signed in another way than this server signs.
    TokenAlgorithm = "token_algorithm",
    /// The session of the token was ended; log in again.
    SessionEnded = "session_ended",
    /// The account of the token is gone.
    AccountGone = "account_gone",
    /// The account may not come in.
    AccountInactive = "account_inactive",
    /// The account is suspended: it may only read.
    AccountSuspended = "account_suspended",
    /// The refresh token is none of this server's.
    RefreshUnknown = "refresh_unknown",
    /// The refresh token was used before, so its session was ended; log in again.
    RefreshReused = "refresh_reused",
    /// The refresh token has expired; log in again.
    RefreshExpired = "refresh_expired",
    /// User name, e-mail address or password is wrong.
    WrongCredentials = "wrong_credentials",
    /// An app password opens files only; this needs a log-in with the account password.
    NeedsSession = "needs_session",
    /// The account or app password may only read.
    ReadOnly = "read_only",
    /// Only an admin of the server may do this.
    NeedsAdmin = "needs_admin",
    /// There is something with this name already.
    NameTaken = "name_taken",
    /// The file or folder was moved while it was being changed; try again.
    Moved = "moved",
    /// There would be no admin of the server any more.
    LastServerAdmin = "last_server_admin",
    /// Nobody does this to their own account.
    OwnAccount = "own_account",
    /// The cursor is none of this list.
    CursorUnknown = "cursor_unknown",
    /// The idempotency key came with another request before.
    KeyReused = "idempotency_key_reused",
    /// Only who made the project may remove another of its admins, or take that role away.
    CreatorOnly = "creator_only",
    /// The last admin of a personal project stays until there is another.
    LastAdmin = "last_admin",
    /// There may be no more projects of one's own.
    TooManyProjects = "too_many_projects",
    /// There may be no more app passwords of one user.
    TooManyAppPasswords = "too_many_app_passwords",
    /// An organization always has an owner; make somebody else one first.
    LastOwner = "last_owner",
    /// The organization has projects; purge them first.
    OrganizationHasProjects = "organization_has_projects",
    /// They are in the organization already.
    AlreadyMember = "already_member",
    /// Nobody can sign up here; an admin makes accounts.
    SignUpClosed = "sign_up_closed",
    /// Who wants an account here has to be invited.
    InvitationNeeded = "invitation_needed",
    /// The invitation is none of this server's, was accepted or taken back, has expired, or is for another address.
    InvitationUnknown = "invitation_unknown",
    /// Somebody else has this user name.
    UserNameTaken = "user_name_taken",
    /// Another account has this e-mail address.
    EmailTaken = "email_taken",
    /// The e-mail address has yet to be shown to be the account's.
    EmailNotVerified = "email_not_verified",
    /// An admin has yet to let the account in.
    WaitingForApproval = "waiting_for_approval",
    /// The token of the link is none of this server's, was used, or has expired.
    LinkUnknown = "link_unknown",
    /// The password is too short or too long, or is the user name.
    PasswordUnfit = "password_unfit",
    /// The password that was given to allow this is wrong.
    WrongPassword = "wrong_password",
    /// The server sends no mail, which this needs.
    MailNotSent = "mail_not_sent",
    /// It was made by the same request before, and its secret is shown once.
    SecretShown = "secret_shown_before",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_and_a_meaning_of_its_own() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let meanings: BTreeSet<_> = Code::ALL.iter().map(|code| code.meaning().trim()).collect();
        assert_eq!((words.len(), meanings.len()), (Code::ALL.len(), Code::ALL.len()));
    }
}
