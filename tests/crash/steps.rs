//! Killed at each named step of the work: then it has happened as a whole, or it has not.

use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::in_order;
use super::line::Line;
use super::operation::{Operation, Sending};
use super::state::{State, content, entry, system_name, trashed};
use crate::support::{Program, ground};

/// A request, and the step at which the process that answers it dies.
struct Case {
    step: &'static str,
    act: Act,
    leaves: Leaves,
}

/// What must be there at the next start. At no step both are possible: it is the commit that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Before,
    After,
}
use Leaves::{After, Before};

enum Act {
    /// On the files of the client with this name.
    Files(fn(&str) -> Operation),
    Restore,
    Purge,
    /// Something that files do not show.
    Mark(&'static Mark),
}

/// A mark that a request sets on a file, or takes away.
struct Mark {
    set: fn(&Line, &str) -> io::Result<String>,
    unset: fn(&Line, &str, &str) -> io::Result<()>,
    /// The element of a PROPFIND that shows it.
    element: &'static str,
    sets: bool,
}

/// Those that reach `discard` follow after some that leave no upload behind, which the next start would discard.
const CASES: &[Case] = &[
    case("upload.registered", Act::Files(create), Before),
    case("upload.registered", Act::Files(overwrite), Before),
    case("draft.begun", Act::Files(create), Before),
    case("draft.written", Act::Files(overwrite), Before),
    case("draft.complete", Act::Files(overwrite), Before),
    case("upload.stored", Act::Files(create), Before),
    case("upload.stored", Act::Files(overwrite), Before),
    case("upload.placed", Act::Files(create), Before),
    case("upload.placed", Act::Files(overwrite), Before),
    case("upload.shown", Act::Files(create), After),
    case("upload.shown", Act::Files(overwrite), After),
    case("system.placed", Act::Files(system), Before),
    case("system.shown", Act::Files(system), After),
    case("folder.inserted", Act::Files(make_folder), Before),
    case("folder.shown", Act::Files(make_folder), After),
    case("relocate.trashed", Act::Files(move_over), Before),
    case("relocate.placed", Act::Files(move_folder), Before),
    case("relocate.placed", Act::Files(move_over), Before),
    case("relocate.shown", Act::Files(move_folder), After),
    case("relocate.shown", Act::Files(move_over), After),
    case("promotion.stored", Act::Files(promote), Before),
    case("relocate.shown", Act::Files(promote), After),
    case("copy.trashed", Act::Files(copy_over), Before),
    case("copy.inserted", Act::Files(copy_folder), Before),
    case("copy.inserted", Act::Files(copy_over), Before),
    case("copy.shown", Act::Files(copy_folder), After),
    case("copy.shown", Act::Files(copy_over), After),
    case("remove.trashed", Act::Files(remove), Before),
    case("remove.shown", Act::Files(remove), After),
    case("restore.placed", Act::Restore, Before),
    case("relocate.shown", Act::Restore, After),
    case("trash.doomed", Act::Purge, Before),
    case("lock.inserted", Act::Mark(&LOCK), Before),
    case("lock.granted", Act::Mark(&LOCK), After),
    case("lock.removed", Act::Mark(&UNLOCK), Before),
    case("lock.ended", Act::Mark(&UNLOCK), After),
    case("properties.set", Act::Mark(&PROPERTY), Before),
    case("properties.shown", Act::Mark(&PROPERTY), After),
    case("discard.decided", Act::Files(damaged), Before),
    case("upload.shown", Act::Files(create), After),
    case("discard.removed", Act::Files(damaged), Before),
    case("upload.shown", Act::Files(create), After),
    case("blob.emptied", Act::Files(damaged), Before),
];

impl Case {
    /// A bucket has no drafts, and is emptied in one piece.
    fn is_reached(&self) -> bool {
        !(ground::is_scaled() && (self.step.starts_with("draft.") || self.step == "blob.emptied"))
    }
}

const fn case(step: &'static str, act: Act, leaves: Leaves) -> Case {
    Case { step, act, leaves }
}

#[test]
fn a_process_that_dies_at_any_step_leaves_all_of_it_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (credentials, mut scenes) = furnish(&folder);
    let line = |program: &Program| Line { address: program.address, credentials: credentials.clone() };
    let mut last = None;
    for (scene, case) in scenes.iter_mut().zip(CASES).filter(|(_, case)| case.is_reached()) {
        // It serves both: what the last one has left is looked at, and then it dies itself.
        let program = Program::serve_with(folder.path(), &[(failpoint::STEP, case.step)]);
        check(last.take(), &line(&program), folder.path());
        scene.act(case, &line(&program));
        assert!(program.ended(), "{} was not reached", case.step);
        last = Some((scene, case));
    }
    let program = Program::serve(folder.path());
    check(last, &line(&program), folder.path());
}

#[track_caller]
fn check(last: Option<(&mut Scene, &Case)>, line: &Line, folder: &Path) {
    if let Some((scene, case)) = last {
        println!("{} {:?}", case.step, case.leaves);
        scene.check(case, line);
    }
    in_order(folder);
}

/// A folder for each case, furnished while nothing is armed.
fn furnish(folder: &TempDir) -> (String, Vec<Scene>) {
    let program = Program::serve(folder.path());
    let line = Line { address: program.address, credentials: program.credentials() };
    let scenes = CASES.iter().enumerate().map(|(number, case)| Scene::furnish(&line, number, case)).collect();
    (line.credentials, scenes)
}

struct Scene {
    client: String,
    state: State,
    /// What there will be if the request is carried out.
    after: Option<State>,
    token: String,
}

impl Scene {
    fn furnish(line: &Line, number: usize, case: &Case) -> Self {
        let client = format!("case{number}");
        assert_eq!(line.ask("MKCOL", &format!("/{client}"), &[], b"").unwrap().status, 201);
        let mut scene = Self { client, state: State::new(), after: None, token: String::new() };
        let client = scene.client.clone();
        let path = |path: &str| path.replace('@', &client);
        let put = |name: &str, seed| put(path(name), seed, Sending::Length);
        let make = |name: &str| Operation::MakeFolder(path(name));
        let all = [
            put("@-f0", 1),
            put("@-f1", 2),
            make("@-d0"),
            put("@-d0/@-f0", 3),
            put(&format!("@-d0/{}", system_name("@")), 5),
            make("@-d0/@-d9"),
            put("@-d0/@-d9/@-f1", 7),
            make("@-d1"),
            put("@-d1/@-f0", 9),
            make("@-d2"),
            put("@-d2/@-f2", 11),
            Operation::Remove(path("@-d2")),
        ];
        for operation in all {
            scene.state = scene.state.after(&operation).unwrap();
            assert!((200..300).contains(&operation.perform(line, &client).unwrap()), "{operation:?}");
        }
        if let Act::Mark(mark @ Mark { sets: false, .. }) = case.act {
            scene.token = (mark.set)(line, &scene.file()).unwrap();
        }
        scene
    }

    fn file(&self) -> String {
        format!("/{0}/{0}-f0", self.client)
    }

    /// Asks for it. Whoever is refused may hear of it before the process dies.
    fn act(&mut self, case: &Case, line: &Line) {
        let operation = match case.act {
            Act::Files(operation) => operation(&self.client),
            Act::Restore | Act::Purge => self.in_trash(line, &case.act),
            Act::Mark(mark) => {
                let answer = match mark.sets {
                    true => (mark.set)(line, &self.file()).map(drop),
                    false => (mark.unset)(line, &self.file(), &self.token),
                };
                assert!(answer.is_err(), "{} was answered", case.step);
                return;
            }
        };
        self.after = self.state.after(&operation);
        let answer = operation.perform(line, &self.client);
        assert!(answer.is_err() || self.after.is_none(), "{} was answered: {answer:?}", case.step);
    }

    fn in_trash(&self, line: &Line, act: &Act) -> Operation {
        let name = trashed(line, &self.client).unwrap().remove(0);
        let entry = entry(line, &self.client, "/.Trash", &name).unwrap();
        match act {
            Act::Restore => Operation::Restore { name, entry, to: format!("{}-d1", self.client) },
            _ => Operation::Purge { name, entry },
        }
    }

    #[track_caller]
    fn check(&self, case: &Case, line: &Line) {
        let Case { step, leaves, .. } = case;
        let seen = State::see(line, &self.client).unwrap();
        let expected = match leaves {
            Before => &self.state,
            After => self.after.as_ref().unwrap_or(&self.state),
        };
        assert_eq!(seen, *expected, "killed at {step}");
        if let Act::Mark(mark) = case.act {
            let answer =
                line.ask("PROPFIND", &self.file(), &[("Depth", "0")], PROPERTIES.as_bytes()).unwrap();
            assert_eq!(answer.status, 207, "{answer:?}");
            let is_set = answer.texts(mark.element).iter().any(|text| !text.is_empty());
            assert_eq!(is_set, (*leaves == After) == mark.sets, "killed at {step}: {}", answer.text());
        }
    }
}

fn put(path: String, seed: u64, sending: Sending) -> Operation {
    Operation::Put { path, seed, sending }
}

/// More than is written to the disk at once.
fn large(seed: u64) -> u64 {
    (1..).map(|n| seed << 20 | n << 4).find(|seed| content(*seed).len() > 300_000).unwrap()
}

fn create(client: &str) -> Operation {
    put(format!("{client}-d0/{client}-new"), large(1), Sending::Length)
}

fn overwrite(client: &str) -> Operation {
    put(format!("{client}-f0"), large(2), Sending::Chunks)
}

fn damaged(client: &str) -> Operation {
    put(format!("{client}-f0"), large(3), Sending::Damaged)
}

fn system(client: &str) -> Operation {
    put(format!("{client}-d0/{}", system_name(client)), 13, Sending::Length)
}

fn make_folder(client: &str) -> Operation {
    Operation::MakeFolder(format!("{client}-d0/{client}-new"))
}

fn move_folder(client: &str) -> Operation {
    relocate(client, "d0", "d1/@-new", false)
}

/// A folder onto another one.
fn move_over(client: &str) -> Operation {
    relocate(client, "d0", "d1", false)
}

fn copy_folder(client: &str) -> Operation {
    relocate(client, "d0", "d1/@-new", true)
}

fn copy_over(client: &str) -> Operation {
    relocate(client, "d0", "d1", true)
}

fn relocate(client: &str, from: &str, to: &str, copy: bool) -> Operation {
    let path = |name: &str| format!("@-{name}").replace('@', client);
    Operation::Relocate { from: path(from), to: path(to), overwrite: true, copy }
}

/// A system file under an ordinary name, in the place of an ordinary file.
fn promote(client: &str) -> Operation {
    let (from, to) = (format!("{client}-d0/{}", system_name(client)), format!("{client}-f1"));
    Operation::Relocate { from, to, overwrite: true, copy: false }
}

fn remove(client: &str) -> Operation {
    Operation::Remove(format!("{client}-d0"))
}

const LOCK: Mark = Mark { set: lock, unset: unlock, element: "locktoken", sets: true };
const UNLOCK: Mark = Mark { sets: false, ..LOCK };
const PROPERTY: Mark = Mark { set: set_property, unset: unlock, element: "colour", sets: true };

const PROPERTIES: &str = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:lockdiscovery/><c:colour xmlns:c="urn:crash"/></D:prop></D:propfind>"#;
const LOCKINFO: &str = r#"<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>"#;
const UPDATE: &str = r#"<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><c:colour xmlns:c="urn:crash">red</c:colour></D:prop></D:set></D:propertyupdate>"#;

fn lock(line: &Line, path: &str) -> io::Result<String> {
    let answer = line.ask("LOCK", path, &[("Timeout", "Second-14400")], LOCKINFO.as_bytes())?;
    Ok(answer.header("lock-token").unwrap().to_owned())
}

fn unlock(line: &Line, path: &str, token: &str) -> io::Result<()> {
    line.ask("UNLOCK", path, &[("Lock-Token", token)], b"").map(drop)
}

fn set_property(line: &Line, path: &str) -> io::Result<String> {
    line.ask("PROPPATCH", path, &[], UPDATE.as_bytes()).map(|_| String::new())
}
