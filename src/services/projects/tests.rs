//! Projects as those in and around them see them.

use domain::{
    Caller, Error, OrganizationId, OrganizationRole, Project, ProjectId, ProjectName, ProjectRole, Result,
    Role, UserName,
};
use metadata::organization_members;
use metadata::organizations;
use uuid::Uuid;

use super::members::{self, Whom};
use super::{ChangedProject, NewProject, change, create, get, remove, restore};
use crate::auth::tests::{House, NOW};
use crate::users::{self, NewUser};

use ProjectRole::{Admin, Staff, Viewer};

async fn user(house: &House, name: &str, role: Role) -> Caller {
    let name = UserName::parse(name).unwrap();
    let new = NewUser { name: name.clone(), role, password: None, quota_bytes: None };
    users::create(NOW, &house.backends, new).await.unwrap();
    users::caller(NOW, &house.backends, &name).await.unwrap()
}

async fn people<const N: usize>(house: &House, names: [&str; N]) -> [Caller; N] {
    let mut callers = Vec::new();
    for name in names {
        callers.push(user(house, name, Role::User).await);
    }
    callers.try_into().unwrap_or_else(|_| unreachable!())
}

fn named(name: &str) -> NewProject {
    NewProject { organization: None, name: ProjectName::parse(name).unwrap(), description: String::new() }
}

async fn project(house: &House, caller: &Caller, name: &str) -> Project {
    create(caller, &house.backends, &named(name)).await.unwrap()
}

async fn put(house: &House, by: &Caller, project: &Project, who: &Caller, role: ProjectRole) -> Result<bool> {
    let whom = Whom::Id(who.user);
    members::put(by, &house.backends, project.id, &whom, role, None).await.map(|(_, is_new)| is_new)
}

async fn folder(house: &House, caller: &Caller, project: &Project) -> String {
    get(caller, &house.backends, project.id).await.unwrap().folder.unwrap().to_string()
}

#[tokio::test]
async fn whoever_makes_a_project_is_its_admin_and_others_do_not_know_of_it() {
    let house = House::new().await;
    let [ann, bob] = people(&house, ["ann", "bob"]).await;
    let made = project(&house, &ann, "Alps").await;
    assert_eq!((made.standing.member, made.members), (Some(Admin), 1));
    assert_eq!(made.folder.as_ref().unwrap().as_str(), "Alps");
    assert_eq!(made.quota.limit_bytes, Some(1000));
    assert!(matches!(get(&bob, &house.backends, made.id).await, Err(Error::NotFound(_))));
    assert!(put(&house, &ann, &made, &bob, Viewer).await.unwrap());
    assert_eq!(folder(&house, &bob, &made).await, "Alps");
}

#[tokio::test]
async fn projects_of_one_name_are_told_apart_in_a_drive_and_renaming_one_renames_its_folders() {
    let house = House::new().await;
    let [ann, bob] = people(&house, ["ann", "bob"]).await;
    let first = project(&house, &ann, "Alps").await;
    let second = project(&house, &bob, "ALPS").await;
    put(&house, &bob, &second, &ann, Viewer).await.unwrap();
    assert_eq!(folder(&house, &ann, &second).await, "ALPS (2)");
    assert_eq!(folder(&house, &bob, &second).await, "ALPS");
    let renamed =
        |name: &str| ChangedProject { name: Some(ProjectName::parse(name).unwrap()), ..Default::default() };
    change(&ann, &house.backends, first.id, &renamed("Andes"), None).await.unwrap();
    assert_eq!(folder(&house, &ann, &second).await, "ALPS (2)");
    change(&bob, &house.backends, second.id, &renamed("andes"), None).await.unwrap();
    assert_eq!(folder(&house, &ann, &first).await, "Andes");
    assert_eq!(folder(&house, &ann, &second).await, "andes (2)");
    assert_eq!(folder(&house, &bob, &second).await, "andes");
}
