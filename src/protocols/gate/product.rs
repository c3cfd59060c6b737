//! The name of the program that sends a request, by its `User-Agent`: what tells devices of one app password apart.

use http::HeaderMap;
use http::header::USER_AGENT;

/// What goes by several names on one device, and which of them stands for all.
const FAMILIES: [(&str, &str); 4] = [
    ("WebDAVLib", "WebDAVFS"),
    ("DavClnt", "Microsoft"),
    ("Microsoft-WebDAV-MiniRedir", "Microsoft"),
    ("MSFrontPage", "Microsoft"),
];

/// The first product (RFC 9110 §10.1.5) without its version, or the one after the `Mozilla` that says nothing; empty when
/// there is none.
pub(crate) fn product(headers: &HeaderMap) -> &str {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let mut names = products(agent);
    let first = names.next().unwrap_or_default();
    let name = match first {
        "Mozilla" => names.next().unwrap_or(first),
        _ => first,
    };
    FAMILIES.iter().find(|(member, _)| *member == name).map_or(name, |(_, family)| family)
}

/// The names of products; comments in parentheses are passed over.
fn products(agent: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    agent.split_ascii_whitespace().filter_map(move |word| {
        let is_outside = depth == 0 && !word.starts_with('(');
        for letter in word.chars() {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let name = word.split(['/', '(']).next().unwrap_or_default();
        (is_outside && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(agent: &str) -> String {
        let headers = HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_str(agent).unwrap())]);
        product(&headers).to_owned()
    }

    #[test]
    fn a_program_has_the_same_name_in_every_version() {
        for (agent, name) in [
            ("WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)", "WebDAVFS"),
            ("WebDAVLib/1.3", "WebDAVFS"),
            ("Microsoft-WebDAV-MiniRedir/10.0.26200", "Microsoft"),
            ("DavClnt", "Microsoft"),
            ("Microsoft Office Word 2016 (16.0)", "Microsoft"),
            ("davfs2/1.7.1 neon/0.34.0", "davfs2"),
            ("Mozilla/5.0 (X11; Linux x86_64) KIO/6.19 dolphin/25.12", "KIO"),
            ("Mozilla/5.0 (iOS (18) x) Nextcloud-iOS/6.4.0", "Nextcloud-iOS"),
            ("Mozilla/5.0", "Mozilla"),
            ("(comment) rclone/v1.75.0", "rclone"),
            ("curl", "curl"),
            ("((((", ""),
            ("/// x/1", "x"),
            ("", ""),
        ] {
            assert_eq!(of(agent), name, "{agent}");
        }
        assert_eq!(product(&HeaderMap::new()), "");
    }
}
