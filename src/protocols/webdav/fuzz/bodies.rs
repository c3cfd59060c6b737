//! The XML of requests: PROPFIND, PROPPATCH, LOCK and REPORT.

use domain::{
    Lock, LockDepth, LockScope, LockToken, NodeId, PropertyName, SpaceId, SyncToken, Timestamp, UserId,
};
use hostile::proptest::collection::vec;
use hostile::proptest::prelude::*;
use hostile::proptest::sample::select;
use hostile::{Memory, Target, seeds};
use roxmltree::{Document, Node};
use uuid::Uuid;

use super::grammar::{content, document, element};
use super::judge;
use crate::client::Client;
use crate::xml::element::Element;
use crate::xml::lock_discovery::lock_body;
use crate::xml::lockinfo::read_lockinfo;
use crate::xml::multistatus::Multistatus;
use crate::xml::propfind::{Asked, read_propfind};
use crate::xml::proppatch::{Instruction, read_proppatch};
use crate::xml::reader::{BODY_BYTES_MAX, read};
use crate::xml::report::read_report;
use crate::xml::writer::Writer;

/// Ten thousand elements at most, each some hundred bytes of tree, however few letters they are written in.
const MEMORY: Memory = Memory { times: 8, plus: 5 * 1024 * 1024 };

/// Those whose answers are written in different ways.
const CLIENTS: [Client; 3] = [Client::Other, Client::Windows, Client::Nextcloud];

/// The PROPPATCH of Windows 11, with a property of another kind.
const WINDOWS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\
    <D:propertyupdate xmlns:D=\"DAV:\" xmlns:Z=\"urn:schemas-microsoft-com:\" xml:lang=\"en\"><D:set><D:prop>\
    <Z:Win32LastModifiedTime>Thu, 24 Sep 2026 10:00:00 GMT</Z:Win32LastModifiedTime>\
    <Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set>\
    <D:remove><D:prop><note xmlns=\"http://example.com/\" a='1'>x &amp; <b>y</b><![CDATA[z]]></note></D:prop></D:remove>\
    </D:propertyupdate>";

#[test]
fn a_tree_reads_the_same_after_it_is_written_again() {
    Target {
        grammar: document("propfind", content()),
        seeds: seeds::xml("<D:propfind xmlns:D='DAV:'>", "</D:propfind>"),
        memory: MEMORY,
        read: |body| read(body).ok(),
        holds: |body, root: Element| {
            let xml = root.to_xml();
            if xml.len() > BODY_BYTES_MAX {
                return; // With all its declarations it is longer than it was.
            }
            let again =
                read(xml.as_bytes()).unwrap_or_else(|error| panic!("{error} in {}", xml.escape_debug()));
            assert_eq!(again, root);
            let sent = judge::sent(body);
            let Some(sent) = judge::understand(&sent) else { return };
            assert_eq!(judge::parts(judge::read(&xml).root_element()), judge::parts(sent.root_element()));
        },
    }
    .attack();
}

#[test]
fn what_a_propfind_asks_for_can_be_answered() {
    let names = || element("prop", content());
    let asked = prop_oneof![
        4 => names(),
        1 => Just("<D:allprop/>".to_owned()),
        1 => element("include", content()).prop_map(|include| format!("<D:allprop/>{include}")),
        1 => Just("<D:propname/>".to_owned()),
        1 => content(),
    ];
    Target {
        grammar: document("propfind", asked),
        seeds: seeds::xml("<D:propfind xmlns:D='DAV:'><D:prop>", "</D:prop></D:propfind>"),
        memory: MEMORY,
        read: |body| read_propfind(body).ok(),
        holds: |_, asked| {
            let (Asked::All(names) | Asked::Some(names)) = asked else { return };
            let bytes: usize = names.iter().map(|name| name.namespace.len() + name.local.len()).sum();
            assert!(names.len() <= 256 && bytes <= 32 * 1024);
            for client in CLIENTS {
                let answer = answered(client, |out| names.iter().for_each(|name| out.name(name)));
                let answer = judge::read(&answer);
                let shown = judge::find(&answer, "prop").children().map(name_of);
                assert_eq!(shown.collect::<Vec<_>>(), names);
            }
        },
    }
    .attack();
}

#[test]
fn a_report_says_what_it_is_about() {
    let token = select(
        &[
            "",
            "urn:uuid:0192f5e0-0000-7000-8000-000000000000#12",
            " urn:uuid:0192f5e00000#3-12-61 ",
            "http://x/",
        ][..],
    );
    let level = select(&["1", "infinite", " 1\n", "2"][..]);
    let limit = select(&["", "<D:limit><D:nresults>7</D:nresults></D:limit>", "<D:limit/>"][..]);
    let asked = (token, level, limit, element("prop", content())).prop_map(|(token, level, limit, prop)| {
        format!("<D:sync-token>{token}</D:sync-token><D:sync-level>{level}</D:sync-level>{limit}{prop}")
    });
    Target {
        grammar: document("sync-collection", asked),
        seeds: seeds::xml(
            "<D:sync-collection xmlns:D='DAV:'><D:sync-token/><D:prop>",
            "</D:prop></D:sync-collection>",
        ),
        memory: MEMORY,
        read: |body| read_report(body).ok().flatten(),
        holds: |_, report| {
            assert_ne!(report.entries_max, Some(0));
            assert!(matches!(report.asked, Asked::Some(_)));
            let token = SyncToken::parse(&report.token);
            assert!(token.is_none_or(|token| SyncToken::parse(&token.to_string()) == Some(token)));
        },
    }
    .attack();
}

#[test]
fn a_property_comes_back_in_an_answer_as_it_was_set() {
    let instruction = prop_oneof![3 => element("set", element("prop", content())), 1 => element("remove", element("prop", content()))];
    Target {
        grammar: document("propertyupdate", vec(instruction, 1..3).prop_map(|all| all.concat())),
        seeds: seeds::xml(
            "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop>",
            "</D:prop></D:set></D:propertyupdate>",
        )
        .into_iter()
        .chain([WINDOWS.into()])
        .collect(),
        memory: MEMORY,
        read: |body| {
            let properties = read_proppatch(body).ok()?.into_iter().map(|instruction| match instruction {
                Instruction::Set(property) => (property.name.clone(), Some(property.to_xml())),
                Instruction::Remove(name) => (name, None),
            });
            Some(properties.collect::<Vec<_>>())
        },
        holds: |body, properties| {
            assert!((1..=256).contains(&properties.len()));
            let sent = judge::sent(body);
            let sent = judge::understand(&sent);
            let sent = sent.as_ref().map(|sent| elements_to_change(sent, properties.len()));
            for (at, (name, xml)) in properties.iter().enumerate() {
                let sent = sent.as_ref().map(|sent| sent[at]);
                assert!(sent.is_none_or(|sent| name_of(sent) == *name));
                let Some(xml) = xml else { continue };
                for client in CLIENTS {
                    let answer = answered(client, |out| out.raw().push_str(xml));
                    let answer = judge::read(&answer);
                    let shown = judge::find(&answer, "prop").first_element_child().unwrap();
                    assert!(sent.is_none_or(|sent| judge::parts(sent) == judge::parts(shown)), "{xml}");
                }
            }
        },
    }
    .attack();
}

/// The elements that the changes of a PROPPATCH are about, in the order of the document.
fn elements_to_change<'a, 'input>(sent: &'a Document<'input>, count: usize) -> Vec<Node<'a, 'input>> {
    let is = |node: &Node<'_, '_>, local: &str| node.has_tag_name(("DAV:", local));
    let instructions = sent.root_element().children().filter(|node| is(node, "set") || is(node, "remove"));
    let props = instructions.filter_map(|instruction| instruction.children().find(|node| is(node, "prop")));
    let elements: Vec<_> = props.flat_map(|prop| prop.children().filter(Node::is_element)).collect();
    assert_eq!(elements.len(), count);
    elements
}

#[test]
fn the_owner_of_a_lock_is_shown_as_it_was_sent() {
    let scope = select(&["exclusive", "shared"][..]);
    let asked = (scope, content()).prop_map(|(scope, owner)| {
        format!(
            "<D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>{owner}</D:owner>"
        )
    });
    Target {
        grammar: document("lockinfo", asked),
        seeds: seeds::xml(
            "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>",
            "</D:owner></D:lockinfo>",
        ),
        memory: MEMORY,
        read: |body| read_lockinfo(body).ok(),
        holds: |body, (scope, owner_xml)| {
            assert!(owner_xml.len() <= 4096);
            let owner = (!owner_xml.is_empty()).then(|| owner_xml.clone());
            let answer = lock_body(Client::Nextcloud, &lock(scope, owner_xml), "/dav/a", Timestamp::from_millis(0));
            let answer = judge::read(&answer);
            let root = judge::find(&answer, "lockroot").first_element_child();
            assert_eq!(judge::text(root.unwrap()), "/dav/a");
            let Some(owner) = owner else { return };
            assert_eq!(read(owner.as_bytes()).unwrap().to_xml(), owner);
            let shown = owner_in(judge::find(&answer, "activelock"));
            let sent = judge::sent(body);
            let Some(sent) = judge::understand(&sent) else { return };
            assert_eq!(judge::parts(shown.unwrap()), judge::parts(owner_in(sent.root_element()).unwrap()));
        },
    }
    .attack();
}

fn owner_in<'a, 'input>(node: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    node.children().find(|node| node.has_tag_name(("DAV:", "owner")))
}

fn lock(scope: LockScope, owner_xml: String) -> Lock {
    Lock {
        token: LockToken(Uuid::from_u128(7)),
        space: SpaceId(Uuid::from_u128(1)),
        node: NodeId(2),
        user: UserId(Uuid::from_u128(3)),
        scope,
        depth: LockDepth::Infinity,
        owner_xml,
        timeout: std::time::Duration::from_secs(600),
        expires_at: Timestamp::from_millis(600_000),
    }
}

/// A listing of one resource with these properties.
fn answered(client: Client, write: impl FnOnce(&mut Writer)) -> String {
    let mut body = Multistatus::begin(client);
    body.open("/dav/a");
    body.propstat("200 OK", write);
    body.empty_propstat("404 Not Found");
    body.close();
    body.end()
}

fn name_of(node: Node<'_, '_>) -> PropertyName {
    let name = node.tag_name();
    PropertyName::new(name.namespace().unwrap_or_default(), name.name())
}
