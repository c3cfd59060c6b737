//! Killed at each named step of a move or a copy between one's own drive and a project: in both trees it has happened as a
//! whole, or in neither.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{ProjectName, Timestamp, UserName};
use larder::house;
use services::projects::{self, NewProject};
use tokio::runtime::Runtime;

use super::in_order;
use super::line::Line;
use crate::faults::config;
use crate::support::Program;

const OWN: &str = "/";
const PROJECT: &str = "/Projects/Film/";

/// Whether it has happened.
#[derive(Clone, Copy, PartialEq)]
enum Leaves {
    Before,
    After,
}
use Leaves::{After, Before};

type Case = (&'static str, &'static str, &'static str, &'static str, Leaves);

const CASES: [Case; 12] = [
    ("MOVE", OWN, PROJECT, "carry.arrived", Before),
    ("MOVE", PROJECT, OWN, "carry.arrived", Before),
    ("MOVE", OWN, PROJECT, "carry.left", Before),
    ("MOVE", PROJECT, OWN, "carry.left", Before),
    ("MOVE", OWN, PROJECT, "carry.shown", After),
    ("MOVE", PROJECT, OWN, "carry.shown", After),
    ("COPY", OWN, PROJECT, "copy.trashed", Before),
    ("COPY", PROJECT, OWN, "copy.trashed", Before),
    ("COPY", OWN, PROJECT, "copy.inserted", Before),
    ("COPY", PROJECT, OWN, "copy.inserted", Before),
    ("COPY", OWN, PROJECT, "copy.shown", After),
    ("COPY", PROJECT, OWN, "copy.shown", After),
];

/// What there is, by path: files with their content, folders with none.
type Sight = BTreeMap<String, Option<String>>;

/// A folder, and a file that is in its way where it is to go.
struct Scene<'a> {
    case: &'a Case,
    name: String,
}

impl Scene<'_> {
    fn furnish(&self, line: &Line) {
        let (_, from, to, ..) = self.case;
        let source = format!("{from}{}-from", self.name);
        for folder in [source.clone(), format!("{source}/b")] {
            assert_eq!(line.ask("MKCOL", &folder, &[], b"").unwrap().status, 201);
        }
        for file in [format!("{source}/a"), format!("{source}/b/c"), format!("{source}/._a"), self.target(to)]
        {
            assert_eq!(line.ask("PUT", &file, &[], file.as_bytes()).unwrap().status, 201, "{file}");
        }
    }

    fn target(&self, to: &str) -> String {
        format!("{to}{}-to", self.name)
    }

    fn act(&self, line: &Line) -> std::io::Result<u16> {
        let (method, from, to, ..) = self.case;
        let source = format!("{from}{}-from", self.name);
        Ok(line.relocate(method, &source, &self.target(to), true)?.status)
    }

    /// All that is of this scene in both trees and in both trashes, with `@` for its name.
    fn see(&self, line: &Line) -> Sight {
        let mut sight = Sight::new();
        for tree in [OWN, PROJECT, "/.Trash/", "/Projects/Film/.Trash/"] {
            self.look(line, tree, &mut sight);
        }
        sight
    }

    fn look(&self, line: &Line, folder: &str, sight: &mut Sight) {
        for name in line.list(folder.trim_end_matches('/')).unwrap().unwrap_or_default() {
            let path = format!("{folder}{name}");
            if !path.contains(&self.name) {
                continue;
            }
            let content = match name.ends_with('/') {
                true => {
                    self.look(line, &path, sight);
                    None
                }
                false => Some(line.ask("GET", &path, &[], b"").unwrap().text().replace(&self.name, "@")),
            };
            sight.insert(path.replace(&self.name, "@"), content);
        }
    }
}

/// A server whose first user has a project, `Film`.
fn furnished(folder: &Path) -> Program {
    let program = Program::serve(folder);
    Runtime::new().unwrap().block_on(async {
        let backends = house::visit(&config(&folder.join("data"))).await.unwrap();
        let name = UserName::parse("larder").unwrap();
        let caller = services::users::caller(Timestamp::now(), &backends, &name).await.unwrap();
        let name = ProjectName::parse("Film").unwrap();
        let new = NewProject { organization: None, name, description: String::new() };
        projects::create(&caller, &backends, &new).await.unwrap();
        backends.close().await.unwrap();
    });
    program
}

#[test]
fn what_moves_or_is_copied_between_two_trees_is_in_both_as_a_whole_or_in_neither() {
    let folder = tempfile::tempdir().unwrap();
    let program = furnished(folder.path());
    let credentials = program.credentials();
    let line = |program: &Program| Line { address: program.address, credentials: credentials.clone() };
    let scene =
        |kind: &str, number: usize| Scene { case: &CASES[number], name: format!("{kind}{number:02}") };
    let mut expected = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let (scene, twin) = (scene("scene", number), scene("twin", number));
        for one in [&scene, &twin] {
            one.furnish(&line(&program));
        }
        let before = scene.see(&line(&program));
        assert_eq!(before, twin.see(&line(&program)));
        // What is not killed shows how it should be.
        assert_eq!(twin.act(&line(&program)).unwrap(), 204);
        let after = twin.see(&line(&program));
        assert_ne!(before, after);
        assert!(after.values().flatten().count() > before.values().flatten().count() - 1, "nothing is lost");
        expected.push(if case.4 == Before { before } else { after });
    }
    drop(program);

    let check = |number: usize, program: &Program| {
        let (method, from, to, step, _) = CASES[number];
        let seen = scene("scene", number).see(&line(program));
        assert_eq!(seen, expected[number], "{method} from {from} to {to}, killed at {step}");
    };
    for (number, (method, from, to, step, _)) in CASES.iter().enumerate() {
        // It serves both: what the last one has left is looked at, and then it dies itself.
        let program = Program::serve_with(folder.path(), &[(failpoint::STEP, step)]);
        in_order(folder.path());
        if let Some(last) = number.checked_sub(1) {
            check(last, &program);
        }
        let answer = scene("scene", number).act(&line(&program));
        assert!(answer.is_err(), "{method} from {from} to {to} was answered: {answer:?}");
        assert!(program.ended(), "{step} was not reached");
    }
    let program = Program::serve(folder.path());
    in_order(folder.path());
    (0..CASES.len()).for_each(|number| check(number, &program));
}
