//! Tasks as those in a project see them.

use domain::{Conditions, NodePath, OrganizationRole, PageRequest};
use futures_util::future::join_all;

use super::*;
use crate::auth::tests::NOW;
use crate::files::{create_folder, look, remove as remove_file};
use crate::projects::members::Whom;
use crate::projects::tests::{World, path, write};
use crate::{organizations, projects as project_cases};

fn titled(title: &str) -> NewTask {
    NewTask {
        title: TaskTitle::parse(title).unwrap(),
        text: TaskText::default(),
        status: TaskStatus::Open,
        priority: TaskPriority::Normal,
        due_at: None,
        assignee: None,
        files: Vec::new(),
    }
}

fn everything() -> TaskQuery {
    TaskQuery {
        project: None,
        organization: None,
        assigned: None,
        status: None,
        priority: None,
        due_before: None,
        text: None,
        order: TaskOrder::Title,
        descending: false,
        page: PageRequest::default(),
    }
}

async fn titles(world: &World, who: &Caller, query: &TaskQuery) -> Vec<String> {
    let page = list(who, world.backends(), query).await.unwrap();
    page.entries.iter().map(|task| task.title.as_str().to_owned()).collect()
}

async fn task(world: &World, project: &Project, new: &NewTask) -> Task {
    create(&world.cleo, world.backends(), project.id, new).await.unwrap()
}

async fn uuid(world: &World, path: &NodePath) -> Uuid {
    look(&world.cleo, world.backends(), path).await.unwrap().node().unwrap().uuid
}

/// One of the things that can be done with a task, as one word for what comes of it.
async fn attempt(world: &World, who: &Caller, task: &Task, file: Uuid, what: &str) -> &'static str {
    let (backends, id) = (world.backends(), task.id);
    let done = TaskChange { status: Some(TaskStatus::Done), ..TaskChange::default() };
    let done = match what {
        "see" => get(who, backends, id).await.map(drop),
        "list" => {
            let query = TaskQuery { project: Some(task.project), ..everything() };
            list(who, backends, &query).await.map(drop)
        }
        "make" => create(who, backends, task.project, &titled("Another")).await.map(drop),
        "change" => change(who, backends, id, &done, None).await.map(drop),
        "attach" => attach(who, backends, id, file, None).await.map(drop),
        "detach" => detach(who, backends, id, task.files[0].uuid, None).await.map(drop),
        "delete" => delete(who, backends, id, None).await,
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
async fn viewers_read_tasks_staff_write_them_and_strangers_do_not_know_of_them() {
    let world = World::new().await;
    let project = world.project("Alps", true).await;
    let mut files = Vec::new();
    for name in ["a.txt", "b.txt"] {
        let file = path(project.tree, &[name]);
        write(&world.house, &world.cleo, file.clone(), b"x").await;
        files.push(uuid(&world, &file).await);
    }
    let whos = [&world.eve, &world.fay, &world.dan, &world.cleo, &world.bob, &world.owner, &world.of_house];
    // A stranger, a member of the organization, a viewer, staff, an admin, an owner of the organization, one of the house.
    for (what, answers) in [
        ("see", ["404", "404", "done", "done", "done", "done", "done"]),
        ("list", ["404", "404", "done", "done", "done", "done", "done"]),
        ("make", ["404", "404", "403", "done", "done", "done", "done"]),
        ("change", ["404", "404", "403", "done", "done", "done", "done"]),
        ("attach", ["404", "404", "403", "done", "done", "done", "done"]),
        ("detach", ["404", "404", "403", "done", "done", "done", "done"]),
        ("delete", ["404", "404", "403", "done", "done", "done", "done"]),
    ] {
        for (who, answer) in whos.into_iter().zip(answers) {
            let made =
                task(&world, &project, &NewTask { files: vec![files[0]], ..titled("Book a hut") }).await;
            let name = &who.name;
            assert_eq!(attempt(&world, who, &made, files[1], what).await, answer, "{name}: {what}");
            if answer != "done" {
                assert_eq!(
                    get(&world.cleo, world.backends(), made.id).await.unwrap(),
                    made,
                    "{name}: {what}"
                );
            }
        }
    }
    let app = Caller { powers: domain::Powers::Files, ..world.cleo.clone() };
    let made = task(&world, &project, &NewTask { files: vec![files[0]], ..titled("Book a hut") }).await;
    for what in ["see", "list", "make", "change", "attach", "detach", "delete"] {
        assert_eq!(attempt(&world, &app, &made, files[1], what).await, "403", "{what}");
    }
}

#[tokio::test]
async fn a_task_keeps_what_was_said_of_it_and_what_is_changed() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    let due = NOW.after(std::time::Duration::from_secs(60));
    let new = NewTask {
        text: TaskText::parse("The small one.\nBy phone.").unwrap(),
        priority: TaskPriority::High,
        due_at: Some(due),
        assignee: Some(world.dan.user),
        ..titled("Book a hut")
    };
    let made = task(&world, &project, &new).await;
    assert_eq!((made.title, made.text, made.due_at), (new.title.clone(), new.text.clone(), Some(due)));
    assert_eq!(
        (made.status, made.priority, made.creator),
        (TaskStatus::Open, TaskPriority::High, world.cleo.user)
    );
    assert_eq!(made.assignee.unwrap().name, world.dan.name);
    let cleared = TaskChange {
        status: Some(TaskStatus::InProgress),
        due_at: Some(None),
        assignee: Some(None),
        ..TaskChange::default()
    };
    let read = ETagMatch::OneOf(vec![made.version.etag()]);
    let changed = change(&world.cleo, world.backends(), made.id, &cleared, Some(&read)).await.unwrap();
    assert_eq!((changed.title, changed.status), (new.title, TaskStatus::InProgress));
    assert_eq!((changed.due_at, changed.assignee), (None, None));
    let stale = change(&world.cleo, world.backends(), made.id, &cleared, Some(&read)).await;
    assert!(matches!(stale, Err(Error::Stale(_))), "{stale:?}");
}

#[tokio::test]
async fn a_task_goes_to_people_of_its_project_or_its_organization_alone() {
    let world = World::new().await;
    let (shared, own) = (world.project("Shared", true).await, world.project("Own", false).await);
    for (project, who, may) in [
        (&shared, &world.dan, true),
        (&shared, &world.fay, true),
        (&shared, &world.eve, false),
        (&shared, &world.of_house, false),
        (&own, &world.dan, true),
        (&own, &world.fay, false),
    ] {
        let new = NewTask { assignee: Some(who.user), ..titled("Book a hut") };
        let made = create(&world.cleo, world.backends(), project.id, &new).await;
        assert_eq!(made.is_ok(), may, "{}: {made:?}", who.name);
    }
    let nobody = NewTask { assignee: Some(UserId(Uuid::new_v4())), ..titled("Book a hut") };
    let made = create(&world.cleo, world.backends(), shared.id, &nobody).await;
    assert!(matches!(made, Err(Error::Invalid(_))), "{made:?}");
}

#[tokio::test]
async fn whoever_leaves_has_no_tasks_there_any_more() {
    let world = World::new().await;
    let (shared, own) = (world.project("Shared", true).await, world.project("Own", false).await);
    let given = |who: &Caller| NewTask { assignee: Some(who.user), ..titled("Book a hut") };
    let of_dan = task(&world, &own, &given(&world.dan)).await;
    let of_fay = task(&world, &shared, &given(&world.fay)).await;
    project_cases::members::remove(&world.dan, world.backends(), own.id, &Whom::Id(world.dan.user), None)
        .await
        .unwrap();
    let (id, fay) = (world.organization, world.fay.user);
    organizations::members::remove(&world.owner, world.backends(), id, fay, None).await.unwrap();
    for left in [of_dan, of_fay] {
        let now = get(&world.cleo, world.backends(), left.id).await.unwrap();
        assert_eq!((now.assignee, now.version > left.version), (None, true));
    }
}

#[tokio::test]
async fn somebody_who_goes_while_a_task_is_given_to_them_does_not_keep_it() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    let mut tasks = Vec::new();
    for number in 0..4 {
        tasks.push(task(&world, &project, &titled(&format!("Task {number}"))).await);
    }
    let give = TaskChange { assignee: Some(Some(world.dan.user)), ..TaskChange::default() };
    let given = tasks.iter().map(|task| change(&world.cleo, world.backends(), task.id, &give, None));
    let dan = Whom::Id(world.dan.user);
    let goes = project_cases::members::remove(&world.dan, world.backends(), project.id, &dan, None);
    let (gone, _) = futures_util::future::join(goes, join_all(given)).await;
    gone.unwrap();
    for task in tasks {
        assert_eq!(get(&world.cleo, world.backends(), task.id).await.unwrap().assignee, None);
    }
}

#[tokio::test]
async fn files_of_the_project_belong_to_a_task_as_long_as_they_are_there() {
    let world = World::new().await;
    let (project, other) = (world.project("Alps", false).await, world.project("Andes", false).await);
    let folder = path(project.tree, &["plans"]);
    create_folder(
        &world.cleo,
        world.backends(),
        &crate::files::Target::new(folder.clone(), domain::OnConflict::Fail),
        &Conditions::default(),
    )
    .await
    .unwrap();
    let (inside, foreign) = (path(project.tree, &["plans", "hut.txt"]), path(other.tree, &["map.txt"]));
    write(&world.house, &world.cleo, inside.clone(), b"x").await;
    write(&world.house, &world.cleo, foreign.clone(), b"y").await;
    let (inside, foreign) = (uuid(&world, &inside).await, uuid(&world, &foreign).await);
    let made = task(&world, &project, &NewTask { files: vec![inside], ..titled("Book a hut") }).await;
    assert_eq!(made.files[0].name, "hut.txt");
    for wrong in [foreign, project.root_uuid, Uuid::new_v4()] {
        let refused = attach(&world.cleo, world.backends(), made.id, wrong, None).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }
    // Once more is once.
    assert_eq!(attach(&world.cleo, world.backends(), made.id, inside, None).await.unwrap(), made);
    remove_file(&world.cleo, world.backends(), &folder, &Conditions::default()).await.unwrap();
    assert!(get(&world.cleo, world.backends(), made.id).await.unwrap().files.is_empty());
    let gone = attach(&world.cleo, world.backends(), made.id, inside, None).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    let detached = detach(&world.cleo, world.backends(), made.id, inside, None).await.unwrap();
    assert!(detached.version > made.version);
    let again = detach(&world.cleo, world.backends(), made.id, inside, None).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
}

#[tokio::test]
async fn what_is_moved_out_of_the_project_belongs_to_no_task_of_it() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    let (folder, inside) = (path(project.tree, &["plans"]), path(project.tree, &["plans", "hut.txt"]));
    let target = |path| crate::files::Target::new(path, domain::OnConflict::Fail);
    let conditions = Conditions::default();
    create_folder(&world.cleo, world.backends(), &target(folder.clone()), &conditions).await.unwrap();
    write(&world.house, &world.cleo, inside.clone(), b"x").await;
    let files = vec![uuid(&world, &folder).await, uuid(&world, &inside).await];
    let made = task(&world, &project, &NewTask { files, ..titled("Book a hut") }).await;
    let own = target(path(world.cleo.home, &["mine"]));
    crate::files::relocate(&world.cleo, &world.house.backends, &folder, &own, &conditions).await.unwrap();
    assert!(get(&world.cleo, world.backends(), made.id).await.unwrap().files.is_empty());
    assert_eq!(tasks::count_files(world.metadata(), made.id).await.unwrap(), 0);
}

/// Tasks of two projects; eve has one of her own.
async fn busy(world: &World) -> (Project, Project) {
    let (alps, andes) = (world.project("Alps", true).await, world.project("Andes", false).await);
    let at = |ms| Some(Timestamp::from_millis(ms));
    let dan = Some(world.dan.user);
    for (project, title, status, priority, due_at, assignee) in [
        (&alps, "a hut", TaskStatus::Open, TaskPriority::Low, at(30), dan),
        (&alps, "b map", TaskStatus::Done, TaskPriority::Urgent, None, dan),
        (&alps, "c rope", TaskStatus::Open, TaskPriority::High, at(10), None),
        (&andes, "d Hut", TaskStatus::Open, TaskPriority::Normal, at(20), dan),
    ] {
        let new = NewTask { status, priority, due_at, assignee, ..titled(title) };
        task(world, project, &new).await;
    }
    let name = domain::ProjectName::parse("Own").unwrap();
    let new = project_cases::NewProject { organization: None, name, description: String::new() };
    let own = project_cases::create(&world.eve, world.backends(), &new).await.unwrap();
    create(&world.eve, world.backends(), own.id, &titled("e secret")).await.unwrap();
    (alps, andes)
}

#[tokio::test]
async fn tasks_are_found_by_project_assignee_status_priority_due_date_and_text_in_any_order() {
    let world = World::new().await;
    let (alps, _) = busy(&world).await;
    let of_dan = Some(Assigned::To(world.dan.user));
    let open = Some(TaskStatus::Open);
    for (query, found) in [
        (everything(), vec!["a hut", "b map", "c rope", "d Hut"]),
        (TaskQuery { project: Some(alps.id), ..everything() }, vec!["a hut", "b map", "c rope"]),
        (
            TaskQuery { organization: Some(world.organization), ..everything() },
            vec!["a hut", "b map", "c rope"],
        ),
        (TaskQuery { assigned: of_dan, status: open, ..everything() }, vec!["a hut", "d Hut"]),
        (TaskQuery { assigned: Some(Assigned::ToNobody), ..everything() }, vec!["c rope"]),
        (TaskQuery { priority: Some(TaskPriority::Urgent), ..everything() }, vec!["b map"]),
        (TaskQuery { due_before: Some(Timestamp::from_millis(30)), ..everything() }, vec!["c rope", "d Hut"]),
        (TaskQuery { text: Some("HUT".to_owned()), ..everything() }, vec!["a hut", "d Hut"]),
        (TaskQuery { text: Some("100%".to_owned()), ..everything() }, vec![]),
        (TaskQuery { order: TaskOrder::Due, ..everything() }, vec!["c rope", "d Hut", "a hut", "b map"]),
        (
            TaskQuery { order: TaskOrder::Priority, descending: true, ..everything() },
            vec!["b map", "c rope", "d Hut", "a hut"],
        ),
    ] {
        assert_eq!(titles(&world, &world.dan, &query).await, found, "{query:?}");
    }
}

#[tokio::test]
async fn lists_hold_tasks_of_projects_one_is_in_or_administers_and_nothing_of_others() {
    let world = World::new().await;
    let (alps, _) = busy(&world).await;
    let of_organization = TaskQuery { organization: Some(world.organization), ..everything() };
    assert_eq!(titles(&world, &world.eve, &everything()).await, ["e secret"]);
    assert!(titles(&world, &world.eve, &of_organization).await.is_empty());
    assert!(titles(&world, &world.fay, &of_organization).await.is_empty());
    assert_eq!(titles(&world, &world.owner, &everything()).await.len(), 3);
    assert_eq!(titles(&world, &world.of_house, &of_organization).await.len(), 3);
    assert!(titles(&world, &world.of_house, &everything()).await.is_empty());
    world.join(&world.eve, OrganizationRole::Viewer).await;
    assert!(titles(&world, &world.eve, &of_organization).await.is_empty());
    // What is hidden, its tasks are; where it is named, those who administer it find them.
    project_cases::remove(&world.ann, world.backends(), alps.id, None).await.unwrap();
    assert_eq!(titles(&world, &world.bob, &everything()).await, ["d Hut"]);
    let named = TaskQuery { project: Some(alps.id), ..everything() };
    assert_eq!(titles(&world, &world.bob, &named).await.len(), 3);
    assert!(matches!(list(&world.dan, world.backends(), &named).await, Err(Error::NotFound(_))));
    let refused = create(&world.bob, world.backends(), alps.id, &titled("Late")).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
}

#[tokio::test]
async fn a_page_of_tasks_is_two_statements_however_long_and_pages_miss_none() {
    let world = World::new().await;
    busy(&world).await;
    let mut sent = Vec::new();
    let (mut after, mut seen) = (None, Vec::new());
    for entries in [1, 2, 4] {
        let page = PageRequest { after, entries, with_total: false };
        let before = world.metadata().statements();
        let query = TaskQuery { page, order: TaskOrder::Due, ..everything() };
        let page = list(&world.dan, world.backends(), &query).await.unwrap();
        sent.push(world.metadata().statements() - before);
        seen.extend(page.entries.into_iter().map(|task| task.title.as_str().to_owned()));
        after = page.next;
    }
    assert_eq!((sent, after), (vec![2, 2, 2], None));
    assert_eq!(seen, ["c rope", "d Hut", "a hut", "b map"]);
    let page = PageRequest { with_total: true, ..PageRequest::default() };
    let counted = list(&world.dan, world.backends(), &TaskQuery { page, ..everything() }).await.unwrap();
    assert_eq!(counted.total, Some(4));
}
