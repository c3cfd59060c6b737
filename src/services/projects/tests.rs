//! Projects as those in and around them see them.

mod leaving;
mod purging;

use std::time::Duration;

use bytes::Bytes;
use domain::{
    Code, Conditions, ETagMatch, Error, NodeId, NodeName, NodePath, NodeTimes, OnConflict, Once,
    OrganizationId, OrganizationName, OrganizationRole, PageRequest, ProjectMember, ProjectName, ProjectRole,
    Tree, UserName, Version,
};
use futures_util::future::join_all;
use metadata::{Metadata, organization_members};

use super::members::{self, ProjectMemberOrder, ProjectMemberQuery, Whom};
use super::*;
use crate::auth::tests::{House, NOW};
use crate::files::{UploadRequest, upload};
use crate::organizations;
use crate::users::{self, NewUser};

use ProjectRole::{Admin, Staff, Viewer};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) async fn someone(house: &House, name: &str, role: Role) -> Caller {
    let name = UserName::parse(name).unwrap();
    let new = NewUser { name: name.clone(), role, password: None, quota_bytes: None };
    users::create(NOW, &house.backends, new).await.unwrap();
    users::caller(NOW, &house.backends, &name).await.unwrap()
}

pub(crate) fn path(tree: Tree, names: &[&str]) -> NodePath {
    let names = names.iter().map(|name| NodeName::parse(name).unwrap()).collect();
    NodePath::new(names, 1024).unwrap().within_tree(tree)
}

pub(crate) async fn write(house: &House, who: &Caller, path: NodePath, bytes: &'static [u8]) -> NodeId {
    let request = UploadRequest {
        path,
        declared_bytes: Some(bytes.len() as u64),
        times: NodeTimes::default(),
        checksums: Vec::new(),
        on_conflict: OnConflict::Replace,
        conditions: Conditions::default(),
    };
    let mut upload = upload(who, &house.backends, request).await.unwrap();
    upload.write(Bytes::from_static(bytes)).await.unwrap();
    upload.finish().await.unwrap().id
}

/// An organization with its people, and others.
pub(crate) struct World {
    pub(crate) house: House,
    pub(crate) organization: OrganizationId,
    pub(crate) owner: Caller,
    /// Makes the projects.
    pub(crate) ann: Caller,
    /// An admin of each.
    pub(crate) bob: Caller,
    /// Staff.
    pub(crate) cleo: Caller,
    /// A viewer.
    pub(crate) dan: Caller,
    /// In the organization, and in no project.
    pub(crate) fay: Caller,
    /// Nowhere.
    pub(crate) eve: Caller,
    pub(crate) of_house: Caller,
}

impl World {
    pub(crate) async fn new() -> Self {
        let house = House::new().await;
        let owner = someone(&house, "olga", Role::User).await;
        let guides = OrganizationName::parse("Guides").unwrap();
        let made = organizations::create(&owner, &house.backends, &guides).await.unwrap();
        let world = Self {
            organization: made.organization.id,
            owner,
            ann: someone(&house, "ann", Role::User).await,
            bob: someone(&house, "bob", Role::User).await,
            cleo: someone(&house, "cleo", Role::User).await,
            dan: someone(&house, "dan", Role::User).await,
            fay: someone(&house, "fay", Role::User).await,
            eve: someone(&house, "eve", Role::User).await,
            of_house: someone(&house, "root", Role::Admin).await,
            house,
        };
        for who in [&world.ann, &world.bob, &world.cleo, &world.dan, &world.fay] {
            world.join(who, OrganizationRole::Member).await;
        }
        world
    }

    /// Takes somebody into the organization, as accepting an invitation does.
    pub(crate) async fn join(&self, who: &Caller, role: OrganizationRole) {
        let tx = self.metadata().begin().await.unwrap();
        organization_members::insert(&tx, self.organization, who.user, role, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) fn backends(&self) -> &Backends {
        &self.house.backends
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.house.backends.metadata
    }

    /// A project of ann's with bob, cleo and dan in it, in the organization or not.
    pub(crate) async fn project(&self, name: &str, in_organization: bool) -> Project {
        let organization = in_organization.then_some(self.organization);
        let project = create(&self.ann, self.backends(), &named(name, organization)).await.unwrap();
        for (who, role) in [(&self.bob, Admin), (&self.cleo, Staff), (&self.dan, Viewer)] {
            self.put(&self.ann, &project, who, role).await.unwrap();
        }
        get(&self.ann, self.backends(), project.id).await.unwrap()
    }

    pub(crate) async fn put(
        &self,
        by: &Caller,
        project: &Project,
        who: &Caller,
        role: ProjectRole,
    ) -> Result<(ProjectMember, bool)> {
        members::put(by, self.backends(), project.id, &Whom::Id(who.user), role, None).await
    }

    async fn let_go(&self, by: &Caller, project: &Project, who: &Caller) -> Result<()> {
        members::remove(by, self.backends(), project.id, &Whom::Id(who.user), None).await
    }

    async fn folder(&self, who: &Caller, project: &Project) -> String {
        get(who, self.backends(), project.id).await.unwrap().folder.unwrap().to_string()
    }

    /// All there is to see of a project.
    async fn state(&self, project: &Project) -> String {
        let project = get(&self.of_house, self.backends(), project.id).await;
        let members = match &project {
            Ok(project) => {
                let all = members::list(&self.of_house, self.backends(), project.id, &everybody()).await;
                all.unwrap().entries
            }
            Err(_) => Vec::new(),
        };
        format!("{project:?} {members:?}")
    }
}

fn named(name: &str, organization: Option<OrganizationId>) -> NewProject {
    NewProject { organization, name: ProjectName::parse(name).unwrap(), description: String::new() }
}

fn renamed(name: &str) -> ChangedProject {
    ChangedProject { name: Some(ProjectName::parse(name).unwrap()), ..Default::default() }
}

fn inactive() -> ChangedProject {
    ChangedProject { active: Some(false), ..Default::default() }
}

fn everybody() -> ProjectMemberQuery {
    let (role, text, page) = (None, None, PageRequest::default());
    ProjectMemberQuery { role, text, order: ProjectMemberOrder::Name, descending: false, page }
}

fn mine() -> ProjectQuery {
    ProjectQuery {
        mine: true,
        organization: None,
        state: None,
        text: None,
        order: ProjectOrder::Name,
        descending: false,
        page: PageRequest::default(),
    }
}

fn all() -> ProjectQuery {
    ProjectQuery { mine: false, ..mine() }
}

async fn names(world: &World, who: &Caller, query: &ProjectQuery) -> Vec<String> {
    let page = list(who, world.backends(), query).await.unwrap();
    page.entries.iter().map(|project| project.name.to_string()).collect()
}

/// One of the things that can be done with a project, as one word for what comes of it.
async fn attempt(world: &World, who: &Caller, project: &Project, what: &str) -> &'static str {
    let (backends, id) = (world.backends(), project.id);
    let quota = ChangedProject { quota_bytes: Some(Some(7)), ..Default::default() };
    let done = match what {
        "see" => get(who, backends, id).await.map(drop),
        "list members" => members::list(who, backends, id, &everybody()).await.map(drop),
        "see a member" => {
            members::get(who, backends, id, &Whom::Name(world.dan.name.clone())).await.map(drop)
        }
        "rename" => change(who, backends, id, &renamed("Other"), None).await.map(drop),
        "set the quota" => change(who, backends, id, &quota, None).await.map(drop),
        "take in" => world.put(who, project, &world.fay, Viewer).await.map(drop),
        "promote" => world.put(who, project, &world.dan, Staff).await.map(drop),
        "demote an admin" => world.put(who, project, &world.bob, Viewer).await.map(drop),
        "let a viewer go" => world.let_go(who, project, &world.dan).await,
        "let an admin go" => world.let_go(who, project, &world.bob).await,
        "remove" => remove(who, backends, id, None).await,
        "restore" => restore(who, backends, id, None).await.map(drop),
        "purge" => purge(who, backends, id, true, None).await,
        _ => unreachable!("{what}"),
    };
    match done {
        Ok(()) => "done",
        Err(Error::NotFound(_)) => "404",
        Err(Error::Forbidden(_)) => "403",
        Err(error) => panic!("{what}: {error}"),
    }
}

#[tokio::test]
async fn each_role_does_what_it_may_and_whoever_may_not_changes_nothing() {
    let world = World::new().await;
    let whos = [
        &world.eve,
        &world.fay,
        &world.dan,
        &world.cleo,
        &world.bob,
        &world.ann,
        &world.owner,
        &world.of_house,
    ];
    // A stranger, a member of the organization, a viewer, staff, another admin, who made it, an owner of the organization,
    // an admin of the house.
    for (what, answers) in [
        ("see", ["404", "404", "done", "done", "done", "done", "done", "done"]),
        ("list members", ["404", "404", "done", "done", "done", "done", "done", "done"]),
        ("see a member", ["404", "404", "done", "done", "done", "done", "done", "done"]),
        ("rename", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("set the quota", ["404", "404", "403", "403", "403", "403", "done", "done"]),
        ("take in", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("promote", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("demote an admin", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("let a viewer go", ["404", "404", "done", "403", "done", "done", "done", "done"]),
        ("let an admin go", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("remove", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("restore", ["404", "404", "403", "403", "done", "done", "done", "done"]),
        ("purge", ["404", "404", "403", "403", "403", "done", "done", "done"]),
    ] {
        for (who, answer) in whos.into_iter().zip(answers) {
            let project = world.project("Alps", true).await;
            let before = world.state(&project).await;
            let name = &who.name;
            assert_eq!(attempt(&world, who, &project, what).await, answer, "{name}: {what}");
            if answer != "done" {
                assert_eq!(world.state(&project).await, before, "{name}: {what}");
            }
        }
    }
}

#[tokio::test]
async fn an_admin_neither_lets_another_go_nor_takes_the_role_away_unless_they_made_the_project() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    world.put(&world.ann, &project, &world.cleo, Admin).await.unwrap();
    for done in [
        world.let_go(&world.bob, &project, &world.cleo).await,
        world.put(&world.bob, &project, &world.cleo, Staff).await.map(drop),
        world.let_go(&world.bob, &project, &world.ann).await,
    ] {
        assert_eq!(done.unwrap_err().code(), Code::CreatorOnly);
    }
    // What they are themselves is theirs to give up.
    world.put(&world.bob, &project, &world.bob, Viewer).await.unwrap();
    world.let_go(&world.ann, &project, &world.cleo).await.unwrap();
}

#[tokio::test]
async fn nobody_is_hidden_from_but_those_who_administer_a_project() {
    let world = World::new().await;
    for hide in ["inactive", "removed"] {
        let project = world.project(hide, true).await;
        match hide {
            "inactive" => change(&world.bob, world.backends(), project.id, &inactive(), None).await.map(drop),
            _ => remove(&world.bob, world.backends(), project.id, None).await,
        }
        .unwrap();
        for who in [&world.dan, &world.cleo] {
            assert_eq!(attempt(&world, who, &project, "see").await, "404");
            assert_eq!(attempt(&world, who, &project, "restore").await, "404");
        }
        for who in [&world.ann, &world.bob, &world.owner, &world.of_house] {
            assert_eq!(attempt(&world, who, &project, "see").await, "done");
        }
        assert_eq!(world.folder(&world.bob, &project).await, hide);
    }
    assert!(names(&world, &world.dan, &mine()).await.is_empty());
    assert_eq!(names(&world, &world.bob, &mine()).await, ["inactive"]);
    let state = |state| ProjectQuery { state: Some(state), ..mine() };
    assert_eq!(names(&world, &world.bob, &state(ProjectState::Inactive)).await, ["inactive"]);
    assert_eq!(names(&world, &world.bob, &state(ProjectState::Removed)).await, ["removed"]);
    assert!(names(&world, &world.bob, &state(ProjectState::Active)).await.is_empty());
    assert!(names(&world, &world.dan, &state(ProjectState::Removed)).await.is_empty());
}

#[tokio::test]
async fn lists_hold_what_one_is_in_or_may_see_and_nothing_of_others() {
    let world = World::new().await;
    world.project("Alps", true).await;
    world.project("Andes", false).await;
    create(&world.fay, world.backends(), &named("Fay's own", None)).await.unwrap();
    let of_organization = ProjectQuery { organization: Some(world.organization), ..all() };
    assert_eq!(names(&world, &world.dan, &mine()).await, ["Alps", "Andes"]);
    assert_eq!(names(&world, &world.fay, &all()).await, ["Fay's own"]);
    assert!(names(&world, &world.fay, &of_organization).await.is_empty());
    assert!(names(&world, &world.eve, &of_organization).await.is_empty());
    assert!(names(&world, &world.owner, &mine()).await.is_empty());
    assert_eq!(names(&world, &world.owner, &of_organization).await, ["Alps"]);
    assert_eq!(names(&world, &world.owner, &all()).await, ["Alps"]);
    assert_eq!(names(&world, &world.of_house, &all()).await, ["Alps", "Andes", "Fay's own"]);
    let held = |text: &str| ProjectQuery { text: Some(text.to_owned()), ..mine() };
    assert_eq!(names(&world, &world.dan, &held("LP")).await, ["Alps"]);
    assert!(names(&world, &world.dan, &held("Fay")).await.is_empty());
    let backwards = ProjectQuery { descending: true, ..mine() };
    assert_eq!(names(&world, &world.dan, &backwards).await, ["Andes", "Alps"]);
}

#[tokio::test]
async fn a_page_of_projects_or_members_is_one_statement_however_long() {
    let world = World::new().await;
    let mut sent = Vec::new();
    for number in 0..3 {
        let project = world.project(&format!("Alps {number}"), true).await;
        let before = world.metadata().statements();
        let page = list(&world.ann, world.backends(), &mine()).await.unwrap();
        assert_eq!(page.entries.len(), number + 1);
        assert!(page.entries.iter().all(|entry| entry.members == 4 && entry.standing.is_creator));
        let projects = world.metadata().statements();
        members::list(&world.ann, world.backends(), project.id, &everybody()).await.unwrap();
        sent.push((projects - before, world.metadata().statements() - projects));
    }
    // Members: one more to see whether the caller may know of the project.
    assert_eq!(sent, [(1, 2); 3]);
    let page = PageRequest { entries: 2, with_total: true, ..PageRequest::default() };
    let query = ProjectQuery { page, ..mine() };
    let first = list(&world.ann, world.backends(), &query).await.unwrap();
    assert_eq!((first.entries.len(), first.total), (2, Some(3)));
    let page = PageRequest { after: first.next, ..PageRequest::default() };
    assert_eq!(names(&world, &world.ann, &ProjectQuery { page, ..mine() }).await, ["Alps 2"]);
}

#[tokio::test]
async fn projects_of_one_name_are_told_apart_in_a_drive_and_renaming_one_renames_its_folders() {
    let world = World::new().await;
    let make = |who: &Caller, name: &str| {
        let (who, new) = (who.clone(), named(name, None));
        let world = &world;
        async move { create(&who, world.backends(), &new).await.unwrap() }
    };
    let first = make(&world.ann, "Alps").await;
    let second = make(&world.bob, "ALPS").await;
    world.put(&world.bob, &second, &world.ann, Viewer).await.unwrap();
    assert_eq!(world.folder(&world.ann, &second).await, "ALPS (2)");
    assert_eq!(world.folder(&world.bob, &second).await, "ALPS");
    // The name that is free again stays so: folders do not move by themselves.
    change(&world.ann, world.backends(), first.id, &renamed("Andes"), None).await.unwrap();
    assert_eq!(world.folder(&world.ann, &second).await, "ALPS (2)");
    change(&world.bob, world.backends(), second.id, &renamed("andes"), None).await.unwrap();
    assert_eq!(world.folder(&world.ann, &first).await, "Andes");
    assert_eq!(world.folder(&world.ann, &second).await, "andes (2)");
    assert_eq!(world.folder(&world.bob, &second).await, "andes");
}

#[tokio::test]
async fn renaming_takes_as_many_statements_for_many_members_as_for_one() {
    let world = World::new().await;
    let alone = create(&world.ann, world.backends(), &named("Alone", None)).await.unwrap();
    let together = world.project("Together", false).await;
    let mut sent = Vec::new();
    for project in [&alone, &together] {
        let before = world.metadata().statements();
        change(&world.ann, world.backends(), project.id, &renamed("Same"), None).await.unwrap();
        sent.push(world.metadata().statements() - before);
    }
    assert_eq!(sent[0], sent[1]);
    assert_eq!(world.folder(&world.ann, &together).await, "Same (2)");
    assert_eq!(world.folder(&world.dan, &together).await, "Same");
}

#[tokio::test]
async fn two_who_take_somebody_into_projects_of_one_name_at_once_get_two_folders() {
    let world = World::new().await;
    let mut projects = Vec::new();
    for who in [&world.ann, &world.bob, &world.cleo, &world.fay] {
        projects.push((who, create(who, world.backends(), &named("Alps", None)).await.unwrap()));
    }
    let puts = projects.iter().map(|(who, project)| world.put(who, project, &world.dan, Viewer));
    for put in join_all(puts).await {
        put.unwrap();
    }
    let mut folders = Vec::new();
    for (_, project) in &projects {
        folders.push(world.folder(&world.dan, project).await);
    }
    folders.sort();
    assert_eq!(folders, ["Alps", "Alps (2)", "Alps (3)", "Alps (4)"]);
}

#[tokio::test]
async fn the_last_admin_of_a_personal_project_stays_and_one_of_an_organization_may_go() {
    let world = World::new().await;
    let own = create(&world.ann, world.backends(), &named("Own", None)).await.unwrap();
    world.put(&world.ann, &own, &world.cleo, Staff).await.unwrap();
    for done in [
        world.let_go(&world.ann, &own, &world.ann).await,
        world.let_go(&world.of_house, &own, &world.ann).await,
        world.put(&world.ann, &own, &world.ann, Staff).await.map(drop),
    ] {
        assert_eq!(done.unwrap_err().code(), Code::LastAdmin);
    }
    world.put(&world.ann, &own, &world.cleo, Admin).await.unwrap();
    world.let_go(&world.ann, &own, &world.ann).await.unwrap();
    assert_eq!(attempt(&world, &world.ann, &own, "see").await, "404");
    let shared =
        create(&world.ann, world.backends(), &named("Shared", Some(world.organization))).await.unwrap();
    world.let_go(&world.ann, &shared, &world.ann).await.unwrap();
    assert_eq!(attempt(&world, &world.owner, &shared, "see").await, "done");
}

#[tokio::test]
async fn two_admins_who_leave_at_once_leave_one() {
    let world = World::new().await;
    let project = create(&world.ann, world.backends(), &named("Own", None)).await.unwrap();
    world.put(&world.ann, &project, &world.bob, Admin).await.unwrap();
    let left = join_all([&world.ann, &world.bob].map(|who| world.let_go(who, &project, who))).await;
    assert_eq!(left.iter().filter(|left| left.is_ok()).count(), 1, "{left:?}");
}

#[tokio::test]
async fn only_those_of_an_organization_come_into_its_projects_and_others_stay_unknown() {
    let world = World::new().await;
    let project = world.project("Alps", true).await;
    let refused = world.put(&world.ann, &project, &world.eve, Viewer).await.unwrap_err().to_string();
    let nobody = Whom::Name(UserName::parse("nobody").unwrap());
    let unknown = members::put(&world.ann, world.backends(), project.id, &nobody, Viewer, None).await;
    assert_eq!(refused, unknown.unwrap_err().to_string());
    let fay = Whom::Name(UserName::parse("FAY").unwrap());
    let (member, is_new) =
        members::put(&world.ann, world.backends(), project.id, &fay, Viewer, None).await.unwrap();
    assert!(is_new && member.user == world.fay.user && member.role == Viewer);
    let of_others = create(&world.eve, world.backends(), &named("Mine", Some(world.organization))).await;
    assert!(matches!(of_others, Err(Error::NotFound(_))), "{of_others:?}");
    world.join(&world.eve, OrganizationRole::Viewer).await;
    let by_viewer = create(&world.eve, world.backends(), &named("Mine", Some(world.organization))).await;
    assert!(matches!(by_viewer, Err(Error::Forbidden(_))), "{by_viewer:?}");
    // Whoever leaves the organization leaves its projects.
    organizations::members::remove(&world.owner, world.backends(), world.organization, world.dan.user, None)
        .await
        .unwrap();
    assert_eq!(attempt(&world, &world.dan, &project, "see").await, "404");
}

#[tokio::test]
async fn a_change_made_from_an_old_reading_is_refused_and_a_request_that_comes_again_makes_one_project() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    let read = ETagMatch::OneOf(vec![project.version.etag()]);
    let change = |name: &'static str| {
        let (world, read) = (&world, &read);
        async move { change(&world.bob, world.backends(), project.id, &renamed(name), Some(read)).await }
    };
    assert_eq!(change("One").await.unwrap().version, Version(project.version.0 + 1));
    assert!(matches!(change("Two").await, Err(Error::Stale(_))));
    let key = Once { key: "k".to_owned(), fingerprint: [7; 32] };
    let again = Caller { once: Some(key), ..world.ann.clone() };
    let first = create(&again, world.backends(), &named("Once", None)).await.unwrap();
    let second = create(&again, world.backends(), &named("Once", None)).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(names(&world, &world.ann, &mine()).await, ["Once", "One"]);
}

#[tokio::test]
async fn an_app_password_does_none_of_this() {
    let world = World::new().await;
    let project = world.project("Alps", true).await;
    let app = Caller { powers: domain::Powers::Files, ..world.ann.clone() };
    for what in ["see", "list members", "rename", "take in", "let an admin go", "remove", "restore", "purge"]
    {
        assert_eq!(attempt(&world, &app, &project, what).await, "403", "{what}");
    }
    assert!(list(&app, world.backends(), &mine()).await.is_err());
    assert!(create(&app, world.backends(), &named("Other", None)).await.is_err());
}
