//! The text of an app password: made to be read off a screen and typed on a phone.

use rand::RngExt;

/// The digits of Crockford's base 32: no `i`, `l`, `o`, which read as `1` and `0`, and no `u`.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const GROUP_DIGITS: usize = 5;
/// The first group finds the row, the other four are the secret: 20 digits of 5 bits are 100 bits.
const GROUPS: usize = 5;

/// An app password taken apart.
#[derive(Clone)]
pub(crate) struct AppSecret {
    digits: String,
}

impl AppSecret {
    /// A new one.
    pub(crate) fn generate() -> Self {
        Self { digits: random_digits(GROUPS * GROUP_DIGITS) }
    }

    /// The same secret behind another lookup part.
    pub(crate) fn with_other_lookup(&self) -> Self {
        Self { digits: random_digits(GROUP_DIGITS) + self.secret() }
    }

    /// Reads one as somebody typed it: dashes, spaces and case do not matter, and a letter that only looks
    /// like a digit is that digit. Nothing if it cannot be an app password.
    pub(crate) fn parse(typed: &str) -> Option<Self> {
        let letters = typed.chars().filter(|letter| *letter != '-' && !letter.is_whitespace());
        let digits: String = letters.map(digit).collect::<Option<_>>()?;
        (digits.len() == GROUPS * GROUP_DIGITS).then_some(Self { digits })
    }

    /// The part that finds the row.
    pub(crate) fn lookup(&self) -> &str {
        &self.digits[..GROUP_DIGITS]
    }

    /// The part that only its owner knows.
    pub(crate) fn secret(&self) -> &str {
        &self.digits[GROUP_DIGITS..]
    }

    /// As it is shown, in groups with dashes between them.
    pub(crate) fn text(&self) -> String {
        let groups = (0..GROUPS).map(|group| &self.digits[group * GROUP_DIGITS..(group + 1) * GROUP_DIGITS]);
        groups.collect::<Vec<_>>().join("-")
    }
}

fn random_digits(count: usize) -> String {
    let mut random = rand::rng();
    (0..count).map(|_| char::from(DIGITS[random.random_range(0..DIGITS.len())])).collect()
}

fn digit(typed: char) -> Option<char> {
    match typed.to_ascii_lowercase() {
        'o' => Some('0'),
        'i' | 'l' => Some('1'),
        letter => u8::try_from(letter).is_ok_and(|byte| DIGITS.contains(&byte)).then_some(letter),
    }
}

/// An account password for somebody who chose none: 20 letters and digits, 100 random bits. Without the dashes of an
/// app password, and shorter, it is not taken for one.
pub fn made_up_password() -> String {
    AppSecret::generate().secret().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_password_is_five_groups_and_no_two_are_alike() {
        let (one, other) = (AppSecret::generate().text(), AppSecret::generate().text());
        assert_ne!(one, other);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [5; 5]);
    }

    #[test]
    fn dashes_spaces_case_and_look_alikes_do_not_matter_when_it_is_typed() {
        let shown = AppSecret::parse("k7m2p-9xq40-1bcde-fghjk-mnpqr").unwrap();
        for typed in
            ["K7M2P9XQ401BCDEFGHJKMNPQR", " k7m2p 9xq4O LBCDE fghjk mnpqr\n", "k7m2p-9xq4o-ibcde-fghjk-mnpqr"]
        {
            assert!(AppSecret::parse(typed).is_some_and(|read| read.digits == shown.digits), "{typed:?}");
        }
        assert_eq!((shown.lookup(), shown.secret()), ("k7m2p", "9xq401bcdefghjkmnpqr"));
        assert_eq!(shown.text(), "k7m2p-9xq40-1bcde-fghjk-mnpqr");
    }

    #[test]
    fn what_cannot_be_an_app_password_is_none() {
        for typed in [
            "",
            "correct horse battery",
            "k7m2p-9xq40-1bcde-fghjk-mnpq",
            "k7m2p-9xq40-1bcde-fghjk-mnpq\u{fc}",
        ] {
            assert!(AppSecret::parse(typed).is_none(), "{typed:?}");
        }
    }
}
