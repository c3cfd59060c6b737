//! What those leave behind who go, or become less.

use std::sync::Arc;

use domain::{Lock, LockDepth, LockScope};
use metadata::locks;

use super::*;
use crate::files::{LockRequest, lock};

/// Locks a file of a project that is not there yet.
async fn lock_one(world: &World, who: &Caller, project: &Project, name: &str) {
    let wanted = LockRequest {
        scope: LockScope::Exclusive,
        depth: LockDepth::Zero,
        owner_xml: String::new(),
        timeout: Duration::from_secs(60),
    };
    let path = path(project.tree, &[name]);
    lock(who, world.backends(), &path, wanted, &Conditions::default()).await.unwrap();
}

async fn locked_by(world: &World, project: &Project) -> Vec<domain::UserId> {
    let held = locks::within(world.metadata(), project.tree.space, project.tree.root, NOW).await.unwrap();
    held.iter().map(|lock: &Lock| lock.user).collect()
}

#[tokio::test]
async fn who_becomes_a_viewer_locks_nothing_any_more() {
    let world = World::new().await;
    let project = world.project("Alps", false).await;
    lock_one(&world, &world.cleo, &project, "a").await;
    lock_one(&world, &world.bob, &project, "b").await;
    world.put(&world.ann, &project, &world.bob, Staff).await.unwrap();
    world.put(&world.ann, &project, &world.cleo, Viewer).await.unwrap();
    assert_eq!(locked_by(&world, &project).await, [world.bob.user]);
}

#[tokio::test]
async fn in_a_project_that_becomes_inactive_only_its_admins_keep_their_locks() {
    let world = World::new().await;
    let project = world.project("Alps", true).await;
    lock_one(&world, &world.cleo, &project, "a").await;
    lock_one(&world, &world.bob, &project, "b").await;
    let hidden = ChangedProject { active: Some(false), ..ChangedProject::default() };
    change(&world.ann, world.backends(), project.id, &hidden, None).await.unwrap();
    assert_eq!(locked_by(&world, &project).await, [world.bob.user]);
}

#[tokio::test]
async fn a_project_of_ones_own_that_one_has_left_counts_no_more() {
    let mut world = World::new().await;
    Arc::get_mut(&mut world.house.backends).unwrap().projects.personal_max = 1;
    let project = world.project("Alps", false).await;
    let another = create(&world.ann, world.backends(), &named("Andes", None)).await;
    assert!(matches!(another, Err(Error::Forbidden(_))), "{another:?}");
    world.let_go(&world.ann, &project, &world.ann).await.unwrap();
    create(&world.ann, world.backends(), &named("Andes", None)).await.unwrap();
}
