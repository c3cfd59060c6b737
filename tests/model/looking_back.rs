//! The drive as it was, seen through `/.History` and the versions of its files.

use std::collections::BTreeMap;

use domain::{Node, Timestamp};
use services::{history, versions};

use super::drive::Drive;
use super::node;
use super::operation::Text;
use super::past::came;
use super::trash::date;
use super::tree::Names;

/// More than any folder has members.
const PAGE: u32 = 1_000;

impl Drive {
    /// Everything that is to be seen of a moment, with the contents of files.
    pub async fn view(&self, at: Timestamp) -> domain::Result<BTreeMap<Names, Option<Text>>> {
        let (caller, backends) = (&self.caller, &self.backends);
        let path = self.real(&[".History".to_owned(), written(at)]);
        let top = history::look(caller, backends, &path).await?;
        let mut view = BTreeMap::from([(Names::new(), None)]);
        let mut folders: Vec<(Names, Node)> = vec![(Names::new(), top.get()?.clone())];
        while let Some((path, folder)) = folders.pop() {
            let members = history::members(caller, backends, &folder, None, PAGE, true).await.unwrap();
            for member in members {
                let name = self.numbers.modelled(member.node.name.as_str());
                let path = [path.as_slice(), &[name]].concat();
                let seen = self.seen(&member.node, member.properties).await;
                let text = (!member.node.is_folder()).then(|| Text::of_bytes(&seen.bytes));
                assert!(view.insert(path.clone(), text).is_none(), "{path:?} is listed twice");
                if member.node.is_folder() {
                    folders.push((path, member.node));
                }
            }
        }
        Ok(view)
    }

    /// What differs about the versions of a file, if anything does.
    pub async fn versions_difference(&self, path: &Names, expected: &node::Node) -> Option<String> {
        let versions = versions::list(&self.caller, &self.backends, &self.real(path)).await.unwrap();
        let seen: Vec<_> = versions
            .iter()
            .map(|version| (version.from, version.until, version.seq.0, version.size_bytes))
            .collect();
        let runs = expected.contents();
        let expected: Vec<_> = runs
            .iter()
            .enumerate()
            .map(|(index, run)| {
                let bytes = run[0].content.map_or(0, |content| content.text.bytes_count());
                let until = runs.get(index + 1).map(|next| came(next));
                (came(run), until, i64::try_from(run[0].from).unwrap(), bytes)
            })
            .collect();
        (seen != expected).then(|| format!("{path:?} has the versions {seen:?}, not {expected:?}"))
    }
}

/// A moment of a whole second as people write it.
pub fn written(at: Timestamp) -> String {
    let second = at.seconds().rem_euclid(86_400);
    format!("{}T{:02}:{:02}:{:02}", date(at), second / 3600, second / 60 % 60, second % 60)
}
