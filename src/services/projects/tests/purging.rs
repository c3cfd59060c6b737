//! Projects that are purged.

use domain::{Conditions, OnConflict};
use metadata::{blobs, garbage};

use super::*;
use crate::files::{Target, create_folder};

/// A project with two files of one content in a folder, and a third that ann's own drive has a copy of.
async fn furnished(world: &World) -> Project {
    let project = world.project("Alps", false).await;
    let folder = path(project.tree, &["a"]);
    create_folder(
        &world.cleo,
        world.backends(),
        &Target::new(folder, OnConflict::Fail),
        &Conditions::default(),
    )
    .await
    .unwrap();
    write(&world.house, &world.cleo, path(project.tree, &["a", "b.txt"]), b"one").await;
    write(&world.house, &world.cleo, path(project.tree, &["c.txt"]), b"two").await;
    write(&world.house, &world.cleo, path(project.tree, &["c.txt"]), b"three").await;
    project
}

async fn run_purge(world: &World, project: &Project) {
    while purge_batch(world.backends(), &project.id.0.to_string()).await.unwrap() {}
}

#[tokio::test]
async fn a_purged_project_is_gone_at_once_and_everything_in_it_by_and_by() {
    let world = World::new().await;
    let project = furnished(&world).await;
    purge(&world.ann, world.backends(), project.id, true, None).await.unwrap();
    for who in [&world.ann, &world.dan, &world.of_house] {
        assert_eq!(attempt(&world, who, &project, "see").await, "404");
        assert_eq!(attempt(&world, who, &project, "restore").await, "404");
    }
    assert!(names(&world, &world.of_house, &all()).await.is_empty());
    let removed = ProjectQuery { state: Some(ProjectState::Removed), ..all() };
    assert!(names(&world, &world.of_house, &removed).await.is_empty());
    let other = create(&world.dan, world.backends(), &named("Alps", None)).await.unwrap();
    assert_eq!(other.folder.unwrap().as_str(), "Alps");
    assert!(
        crate::files::look(&world.cleo, world.backends(), &path(project.tree, &["c.txt"])).await.is_err()
    );
    run_purge(&world, &project).await;
    run_purge(&world, &project).await;
    let condemned = garbage::condemned(world.metadata(), NOW.after(DAY), None, 10).await.unwrap();
    assert_eq!(condemned.len(), 3);
    assert_eq!(blobs::count(world.metadata()).await.unwrap(), 3);
}

#[tokio::test]
async fn the_bytes_of_a_project_purged_without_them_stay_for_their_days_and_then_go() {
    let world = World::new().await;
    let project = furnished(&world).await;
    purge(&world.ann, world.backends(), project.id, false, None).await.unwrap();
    run_purge(&world, &project).await;
    for (days, gone) in [(30, 0), (31, 3)] {
        let now = NOW.after(DAY * days);
        assert_eq!(garbage::condemned(world.metadata(), now, None, 10).await.unwrap().len(), gone);
    }
}
