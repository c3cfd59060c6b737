//! How clients read a listing: each with the quirks of its own parser, and nothing more than it really looks at.

use percent_encoding::percent_decode_str;

use super::judge::seen;
use super::xml::{Content, Element, parse};
use crate::support::Answer;

/// What a client believes to be in a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub is_folder: bool,
    pub bytes: u64,
}

/// An entry as a test expects it; folders have a slash at the end.
pub fn entry(name: &str, bytes: u64) -> Entry {
    Entry { name: name.trim_end_matches('/').to_owned(), is_folder: name.ends_with('/'), bytes }
}

/// webdavfs: a SAX parser that disregards namespaces, the case of names and every status. Any `href` makes an entry, a
/// value is the first piece of text after a start tag, and the folder itself is whatever is not longer than its path.
#[track_caller]
pub fn finder(answer: &Answer, target: &str) -> Vec<Entry> {
    let root = parse(&answer.text());
    let mut found: Vec<(String, Entry)> = Vec::new();
    for element in root.walk() {
        let local = element.local.to_ascii_lowercase();
        if local == "href" {
            let path = decoded(&first_piece(element));
            let name = last_name(&path);
            found.push((path, Entry { name, is_folder: false, bytes: 0 }));
            continue;
        }
        let Some((_, entry)) = found.last_mut() else { continue };
        match local.as_str() {
            "collection" => entry.is_folder = true,
            "getcontentlength" => entry.bytes = first_piece(element).parse().unwrap_or(entry.bytes),
            _ => {}
        }
    }
    let utf16_units = |path: &str| path.encode_utf16().count();
    let own = utf16_units(&decoded(target));
    let (children, itself): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(path, _)| utf16_units(path) > own);
    let [(path, folder)] = &itself[..] else {
        panic!("Finder would hide {itself:?} as the folder itself: {}", seen(answer))
    };
    assert!(folder.is_folder && utf16_units(path) == own, "{path} for {target}");
    children.into_iter().map(|(_, entry)| entry).collect()
}

/// How many entries webdavfs counts before it removes a folder or moves over one: one is the folder itself, more make it
/// say that the folder is not empty.
pub fn finder_count(answer: &Answer) -> usize {
    parse(&answer.text()).walk().iter().filter(|element| element.local.eq_ignore_ascii_case("href")).count()
}

/// What Windows shows of an entry, beyond its name.
#[derive(Debug)]
pub struct WindowsEntry {
    pub entry: Entry,
    pub attributes: String,
}

/// The mini-redirector: names only with a prefix for `DAV:`, at most a million bytes for a folder, and no folder with a
/// name that Windows cannot have.
#[track_caller]
pub fn windows(answer: &Answer, target: &str) -> Vec<WindowsEntry> {
    assert!(answer.body.len() < 1_000_000, "FileAttributesLimitInBytes: {} bytes", answer.body.len());
    let root = parse(&answer.text());
    assert!(!root.prefix.is_empty(), "{}", seen(answer));
    let mut entries = Vec::new();
    for response in root.all("response") {
        let path = decoded(&response.child("href").unwrap().text());
        let prop = found(response).unwrap_or_else(|| panic!("no propstat: {}", seen(answer)));
        let microsoft = |local: &str| {
            let is_it = |element: &&Element| {
                element.namespace == "urn:schemas-microsoft-com:" && element.local == local
            };
            prop.children().find(is_it).map(Element::text).unwrap_or_default()
        };
        for date in ["creationdate", "getlastmodified"] {
            assert!(prop.child(date).is_some(), "no {date}: {}", seen(answer));
        }
        let shown =
            WindowsEntry { entry: entry_of(&path, prop), attributes: microsoft("Win32FileAttributes") };
        if path.trim_end_matches('/') != decoded(target).trim_end_matches('/') {
            assert!(is_windows_name(&shown.entry.name), "{:?} makes the folder unusable", shown.entry.name);
            entries.push(shown);
        }
    }
    let mut names: Vec<_> = entries.iter().map(|shown| shown.entry.name.to_lowercase()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), entries.len(), "names that differ in case only: {}", seen(answer));
    entries
}

fn is_windows_name(name: &str) -> bool {
    const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "com1", "lpt1"];
    let stem = name.split('.').next().unwrap().to_ascii_lowercase();
    !name.contains(|letter: char| letter.is_control() || "<>:\"/\\|?*".contains(letter))
        && !name.ends_with(['.', ' '])
        && !RESERVED.contains(&stem.as_str())
}

/// davfs2: whatever begins with the path of the folder, whether its case fits or not, is the folder or in it.
#[track_caller]
pub fn davfs2(answer: &Answer, target: &str) -> Vec<Entry> {
    let folder = decoded(target);
    let mut entries = Vec::new();
    for response in parse(&answer.text()).all("response") {
        let entry = entry_of(&decoded(&response.child("href").unwrap().text()), found(response).unwrap());
        let mut path = decoded(&response.child("href").unwrap().text());
        if entry.is_folder && !path.ends_with('/') {
            path.push('/');
        }
        assert!(path.to_lowercase().starts_with(&folder.to_lowercase()), "davfs2 drops {path}");
        let prop = found(response).unwrap();
        assert!(entry.is_folder || prop.child("getetag").is_some(), "{}", seen(answer));
        if path.to_lowercase() != folder.to_lowercase() {
            assert_eq!(path[folder.len()..].trim_end_matches('/'), entry.name);
            entries.push(entry);
        }
    }
    entries
}

/// gvfs: exactly 207; the folder itself is known by its path without a slash, and is a folder only if `collection` is the
/// first child of its resourcetype.
#[track_caller]
pub fn gvfs(answer: &Answer, target: &str) -> (Entry, Vec<Entry>) {
    assert_eq!(answer.status, 207);
    let own = decoded(target);
    let mut itself = None;
    let mut members = Vec::new();
    for response in parse(&answer.text()).all("response") {
        let path = decoded(&response.child("href").unwrap().text());
        let entry = entry_of(&path, found(response).unwrap_or_else(|| panic!("no 2xx: {}", seen(answer))));
        if path.trim_end_matches('/') == own.trim_end_matches('/') {
            assert!(itself.replace(entry).is_none(), "{}", seen(answer));
        } else {
            members.push(entry);
        }
    }
    (itself.unwrap_or_else(|| panic!("gvfs does not find {target}: {}", seen(answer))), members)
}

/// KIO: the status of the answer does not count. Every element within the root is an entry, one without an `href` shows
/// nothing; without any entry the folder does not exist. The folder itself has exactly the path that was asked for.
#[track_caller]
pub fn kio(answer: &Answer, target: &str) -> Option<Vec<Entry>> {
    if !answer.text().starts_with('<') {
        return None;
    }
    let root = parse(&answer.text());
    let own = decoded(target);
    let mut entries = Vec::new();
    for response in root.children() {
        let Some(href) = response.child("href") else { continue };
        let path = decoded(&href.text());
        if path.trim_end_matches('/') != own.trim_end_matches('/') {
            entries.push(entry_of(&path, found(response)?));
        }
    }
    (root.children().count() > 0).then_some(entries)
}

/// rclone: only what begins with the path asked for; the status of the first propstat decides, the values of all of them
/// are taken together.
#[track_caller]
pub fn rclone(answer: &Answer, target: &str) -> Vec<Entry> {
    let own = decoded(target);
    let mut entries = Vec::new();
    for response in parse(&answer.text()).all("response") {
        let path = decoded(&response.child("href").unwrap().text());
        assert!(path.starts_with(&own), "rclone does not know {path}: {}", seen(answer));
        let first = response.child("propstat").and_then(|group| group.child("status")).unwrap().text();
        assert!(first.starts_with("HTTP/1.1 2"), "rclone ignores {path}: {}", seen(answer));
        let entry = entry_of(&path, found(response).unwrap());
        if !path[own.len()..].trim_matches('/').is_empty() {
            assert!(!property_text(found(response).unwrap(), "getlastmodified").is_empty());
            entries.push(entry);
        }
    }
    entries
}

/// Cyberduck: all properties at once, and the folder itself by its path.
#[track_caller]
pub fn cyberduck(answer: &Answer, target: &str) -> Vec<Entry> {
    let (itself, members) = gvfs(answer, target);
    assert!(itself.is_folder);
    members
}

/// The library FileProvider: names by how they end, and the first propstat only; the folder itself is what has its path.
#[track_caller]
pub fn file_provider(answer: &Answer, target: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for response in parse(&answer.text()).children().filter(|child| child.local.ends_with("response")) {
        let ends_with = |element: &Element, end: &str| element.local.to_lowercase().ends_with(end);
        let href = response.children().find(|child| ends_with(child, "href")).unwrap().text();
        let group = response.children().find(|child| ends_with(child, "propstat")).unwrap();
        let prop = group.children().find(|child| ends_with(child, "prop")).unwrap();
        let path = decoded(&href);
        if path.trim_end_matches('/') != decoded(target).trim_end_matches('/') {
            let is_folder = prop.child("resourcetype").is_some_and(|kind| kind.children().count() > 0);
            let bytes = property_text(prop, "getcontentlength").parse().unwrap_or_default();
            entries.push(Entry { name: last_name(&path), is_folder, bytes });
        }
    }
    entries
}

/// Nextcloud's apps: the names as they stand there, with `d:`, and the first propstat only.
#[track_caller]
pub fn nextcloud(answer: &Answer, target: &str) -> Vec<Entry> {
    let root = parse(&answer.text());
    let named = |element: &Element, name: &str| element.prefix == "d" && element.local == name;
    assert!(named(&root, "multistatus"), "{}", seen(answer));
    let mut entries = Vec::new();
    for response in root.children().filter(|child| named(child, "response")) {
        let find = |element: &Element, name: &str| {
            element.children().find(|found| named(found, name)).map(Element::text)
        };
        let path = decoded(&find(response, "href").unwrap());
        let group = response.children().find(|found| named(found, "propstat")).unwrap();
        let prop = group.children().find(|found| named(found, "prop")).unwrap();
        let kind = prop.children().find(|found| named(found, "resourcetype"));
        let is_folder = kind.is_some_and(|kind| kind.children().any(|found| named(found, "collection")));
        let bytes = find(prop, "getcontentlength").and_then(|bytes| bytes.parse().ok()).unwrap_or_default();
        if path.trim_end_matches('/') != decoded(target).trim_end_matches('/') {
            entries.push(Entry { name: last_name(&path), is_folder, bytes });
        }
    }
    entries
}

/// WebDAV Provider and dav4jvm: the first propstat only, which must say what kind of thing it is; the root has exactly the
/// path asked for.
#[track_caller]
pub fn webdav_provider(answer: &Answer, target: &str) -> Vec<Entry> {
    let (mut entries, mut has_root) = (Vec::new(), false);
    for response in parse(&answer.text()).all("response") {
        let path = decoded(&response.child("href").unwrap().text());
        let prop = response.child("propstat").and_then(|group| group.child("prop")).unwrap();
        assert!(prop.child("resourcetype").is_some(), "{}", seen(answer));
        match path == decoded(target) {
            true => has_root = true,
            false => entries.push(entry_of(&path, prop)),
        }
    }
    assert!(has_root, "Root not found in PROPFIND response: {}", seen(answer));
    entries
}

fn property_text(prop: &Element, local: &str) -> String {
    prop.child(local).map(Element::text).unwrap_or_default()
}

/// The properties that were found, as most clients look for them.
fn found(response: &Element) -> Option<&Element> {
    let group =
        response.all("propstat").find(|group| group.child("status").unwrap().text().contains(" 200"))?;
    group.child("prop")
}

fn entry_of(path: &str, prop: &Element) -> Entry {
    let is_folder = prop.child("resourcetype").is_some_and(|kind| kind.child("collection").is_some());
    let bytes =
        prop.child("getcontentlength").and_then(|length| length.text().parse().ok()).unwrap_or_default();
    Entry { name: last_name(path), is_folder, bytes }
}

/// The first text of an element, cut at a reference as libxml cuts it.
fn first_piece(element: &Element) -> String {
    match element.content.first() {
        Some(Content::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

/// A path as the client understands it.
pub fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8().unwrap().into_owned()
}

fn last_name(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

/// The text of a property of the first response, empty where it was not found.
#[track_caller]
pub fn property(answer: &Answer, local: &str) -> String {
    let root = parse(&answer.text());
    let response = root.child("response").unwrap();
    let is_it = |element: &&Element| element.local == local;
    found(response).and_then(|prop| prop.children().find(is_it)).map(Element::text).unwrap_or_default()
}

/// Asserts that a PROPPATCH was taken: every property with 200, in one propstat.
#[track_caller]
pub fn all_taken(answer: &Answer, count: usize) {
    let root = parse(&answer.text());
    let [response] = &root.all("response").collect::<Vec<_>>()[..] else { panic!("{}", seen(answer)) };
    assert_eq!(response.all("propstat").count(), 1, "{}", seen(answer));
    let prop = found(response).unwrap_or_else(|| panic!("{}", seen(answer)));
    assert_eq!(prop.children().count(), count, "{}", seen(answer));
}
