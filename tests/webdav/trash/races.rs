//! Several at once.

use std::thread;

use domain::Timestamp;
use services::trash;

use super::super::{fill, house_with, number, used_bytes};
use super::{IN_TRASH, LIVE, purge_all};

#[test]
fn whoever_comes_first_purges_or_restores_and_nothing_is_counted_twice() {
    let house = house_with(&[]);
    for round in 0..8 {
        let folder = format!("/{round}/");
        fill(&house, &[&folder, &format!("{folder}a"), &format!("{folder}b")]);
        let used = used_bytes(&house);
        house.delete(&folder);
        let entry = format!("/.Trash/{round}");
        let statuses: Vec<u16> = thread::scope(|scope| {
            let tries: Vec<_> = (0..4)
                .map(|number| {
                    let (house, entry, folder) = (&house, &entry, &folder);
                    scope.spawn(move || match number % 2 {
                        0 => house.delete(entry).status,
                        _ => house.relocate("MOVE", entry, folder).status,
                    })
                })
                .collect();
            tries.into_iter().map(|try_| try_.join().unwrap()).collect()
        });
        let done: Vec<u16> = statuses.iter().copied().filter(|status| *status != 404).collect();
        assert_eq!(done.len(), 1, "{statuses:?}");
        let left = if done == [201] { used } else { used - 8 };
        assert_eq!(used_bytes(&house), left, "{statuses:?}");
    }
}

#[test]
fn batches_of_two_purges_at_once_give_back_exactly_what_there_was() {
    let house = house_with(&["/kept", "/folder/"]);
    for number in 0..40 {
        fill(&house, &[&format!("/folder/{number}/"), &format!("/folder/{number}/f")]);
    }
    house.delete("/folder");
    let backends = house.backends();
    house.run(async {
        let space = metadata::purge::expired(&backends.metadata, Timestamp::now()).await.unwrap().unwrap();
        let tx = backends.metadata.begin().await.unwrap();
        assert_eq!(metadata::purge::doom_entries(&tx, space, Timestamp::now(), 10).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let all = async || while trash::purge_batch(backends, Timestamp::now()).await.unwrap() {};
        futures_util::join!(all(), all(), all());
    });
    purge_all(&house);
    assert_eq!((used_bytes(&house), number(&house, LIVE), number(&house, IN_TRASH)), (5, 1, 0));
}
