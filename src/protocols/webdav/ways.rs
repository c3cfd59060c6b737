//! What a path of a request leads to: into the person's own tree, or by `/Projects/<name>` into that of a project.

use domain::{Caller, MountedProject, NodeName, NodePath, ProjectRole, Result, VirtualFolder};
use services::{Backends, mounted};

use crate::naming::Naming;

/// How many names come before those in the tree of a project.
const ABOVE: usize = 2;

/// A path, in the tree it leads through.
#[derive(Debug, Clone)]
pub struct Way {
    /// The path in its tree. One that leads to no project stays in the person's own, where nothing is in its place.
    pub path: NodePath,
    /// The role they have in the project, if it leads into one.
    pub role: Option<ProjectRole>,
}

impl Way {
    /// How many names come before those of the path in its tree.
    pub fn above(&self) -> usize {
        self.role.map_or(0, |_| ABOVE)
    }
}

/// The ways of one request. Each project is looked up once.
#[derive(Debug, Clone)]
pub struct Ways {
    naming: Naming,
    known: Vec<(NodeName, Option<MountedProject>)>,
}

impl Ways {
    /// For names as this client writes them.
    pub fn new(naming: Naming) -> Self {
        Self { naming, known: Vec::new() }
    }

    /// What the client means by a path, which it sent so.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find(
        &mut self,
        caller: &Caller,
        backends: &Backends,
        path: NodePath,
        as_sent: &str,
    ) -> Result<Way> {
        let naming = self.naming;
        let path = naming.meant(caller, backends, path, as_sent).await?;
        match self.enter(caller, backends, &path, as_sent).await? {
            Some((inner, role)) => {
                let path = naming.meant(caller, backends, inner, as_sent).await?;
                Ok(Way { path, role: Some(role) })
            }
            None => Ok(Way { path, role: None }),
        }
    }

    /// What the client means by the place something moves to.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find_for_move(
        &mut self,
        caller: &Caller,
        backends: &Backends,
        from: &NodePath,
        to: NodePath,
        as_sent: &str,
    ) -> Result<Way> {
        let naming = self.naming;
        let path = naming.meant_by_move(caller, backends, from, to, as_sent).await?;
        match self.enter(caller, backends, &path, as_sent).await? {
            Some((inner, role)) => {
                let path = naming.meant_by_move(caller, backends, from, inner, as_sent).await?;
                Ok(Way { path, role: Some(role) })
            }
            None => Ok(Way { path, role: None }),
        }
    }

    /// The path in the tree of the project it leads into, if it does.
    async fn enter(
        &mut self,
        caller: &Caller,
        backends: &Backends,
        path: &NodePath,
        as_sent: &str,
    ) -> Result<Option<(NodePath, ProjectRole)>> {
        let (Some(VirtualFolder::Projects), Some(name)) = (VirtualFolder::of(path), path.names().get(1))
        else {
            return Ok(None);
        };
        let project = match self.known.iter().find(|(known, _)| known == name) {
            Some((_, project)) => project.clone(),
            None => {
                let project = mounted::find(caller, backends, name, self.naming.alike(as_sent)).await?;
                self.known.push((name.clone(), project.clone()));
                project
            }
        };
        let Some(project) = project else { return Ok(None) };
        // It is no longer than what was read already.
        let inner = NodePath::new(path.names()[ABOVE..].to_vec(), usize::MAX)?;
        Ok(Some((inner.within_tree(project.tree), project.role)))
    }
}
