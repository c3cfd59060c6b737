//! The sweep and the scrub as work that is done a little at a time, by whoever has time for it.

use std::sync::Arc;

use domain::{Result, Timestamp};
use tokio::sync::Mutex;

use super::{Scrub, Sweep};
use crate::Backends;

/// The rounds this process is on. They are lost with it, and what is begun anew then costs nothing but time.
#[derive(Default)]
pub(crate) struct Rounds {
    sweep: Mutex<Option<Sweep>>,
    scrub: Mutex<Option<Scrub>>,
}

/// Does a part of a sweep through the store and says whether there is more; after the last part the next sweep begins.
///
/// # Errors
/// Whatever the database and the store say; then the sweep is begun anew.
pub async fn sweep(now: Timestamp, backends: &Arc<Backends>) -> Result<bool> {
    let mut slot = backends.rounds.sweep.lock().await;
    // Taken, so that whatever breaks off in the middle is begun anew.
    let mut sweep = slot.take().unwrap_or_else(|| Sweep::begin(now));
    let more = sweep.step(backends).await?;
    if more {
        *slot = Some(sweep);
    } else {
        let swept = sweep.swept();
        let (condemned, abandoned, unknown) = (swept.condemned, swept.abandoned, swept.unknown);
        let (unfinished, moved) = (swept.unfinished, swept.moved);
        tracing::info!(condemned, abandoned, unfinished, unknown, moved, "swept the file store");
    }
    Ok(more)
}

/// Reads some of the share of a day, for about a second, and says whether there is more of it.
///
/// # Errors
/// Whatever the database and the store say.
pub async fn scrub(now: Timestamp, backends: &Backends) -> Result<bool> {
    let mut slot = backends.rounds.scrub.lock().await;
    let mut scrub = match slot.take() {
        Some(scrub) => scrub,
        None => Scrub::share(backends, now).await?,
    };
    let more = scrub.step(backends).await?;
    if more {
        *slot = Some(scrub);
    } else if scrub.read_bytes() > 0 {
        let (bytes, damaged) = (scrub.read_bytes(), scrub.damaged());
        tracing::info!(bytes, damaged, "read a share of what is stored");
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use ::blobs::BlobFacts;
    use domain::{BlobId, Content, Sha256};
    use metadata::blobs;
    use sha2::{Digest, Sha256 as Hasher};
    use uuid::Uuid;

    use super::*;
    use crate::auth::tests::{House, NOW};

    const DAY: Duration = Duration::from_secs(86_400);

    fn day(number: u32) -> Timestamp {
        NOW.after(DAY * number)
    }

    /// A live blob that came at a moment.
    async fn keep(house: &House, bytes: Vec<u8>, at: Timestamp) -> BlobId {
        let id = BlobId(Uuid::now_v7());
        let (metadata, store) = (&house.backends.metadata, house.backends.blobs.receiving());
        let sha256 = Sha256(Hasher::digest(&bytes).into());
        let content = Content { size_bytes: bytes.len() as u64, sha256, media_type: None };
        blobs::register(metadata, id, store.kind(), at).await.unwrap();
        let mut writer = store.create(id, BlobFacts::default()).await.unwrap();
        writer.write(bytes.into()).await.unwrap();
        writer.finish().await.unwrap();
        let tx = metadata.begin().await.unwrap();
        blobs::enliven(&tx, id, &content).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_round_goes_on_where_it_was_left_and_begins_anew_after_its_end() {
        let mut house = House::new().await;
        // Less than one of the blobs, so that each step ends in the middle of one.
        let config = &mut Arc::get_mut(&mut house.backends).unwrap().scrub;
        (config.days, config.read_bytes_per_second) = (1, 2_000_000);
        let ids = [keep(&house, vec![1; 1_500_000], NOW).await, keep(&house, vec![2; 1_500_000], NOW).await];
        fs::write(house.folder.path().join("blobs").join(ids[1].key()), vec![3; 1_500_000]).unwrap();
        let mut steps = 1;
        while scrub(day(1), &house.backends).await.unwrap() {
            steps += 1;
        }
        assert!(steps > 1);
        let rows = blobs::list(&house.backends.metadata, None, 10).await.unwrap();
        let damaged = |id: BlobId| rows.iter().any(|row| row.id == id && row.is_damaged);
        assert_eq!((damaged(ids[0]), damaged(ids[1])), (false, true));
        assert!(!scrub(day(1), &house.backends).await.unwrap());

        let tx = house.backends.metadata.begin().await.unwrap();
        blobs::condemn(&tx, NOW, &ids).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..2 {
            while sweep(day(3), &house.backends).await.unwrap() {}
            assert_eq!(blobs::list(&house.backends.metadata, None, 10).await.unwrap(), []);
        }
    }

    /// Reads the share of a day and says how much that was, in bytes.
    async fn read_share(house: &House, now: Timestamp) -> u64 {
        let mut scrub = Scrub::share(&house.backends, now).await.unwrap();
        while scrub.step(&house.backends).await.unwrap() {}
        assert_eq!(scrub.damaged(), 0);
        scrub.read_bytes()
    }

    #[tokio::test]
    async fn each_day_a_share_is_read_and_within_the_days_everything() {
        let house = House::new().await;
        for number in 0..60 {
            keep(&house, vec![number; 10_000], NOW).await;
        }
        let mut read = 0;
        for number in 1..=30 {
            let share = read_share(&house, day(number)).await;
            assert!((10_000..=30_000).contains(&share), "{share} bytes on day {number}");
            // A second time on one day there is nothing to do.
            assert_eq!(read_share(&house, day(number)).await, 0);
            read += share;
        }
        assert_eq!(read, 600_000);
    }

    #[tokio::test]
    async fn many_small_blobs_are_read_within_the_days_as_well() {
        let house = House::new().await;
        for number in 0..45 {
            keep(&house, vec![number], NOW).await;
        }
        let mut read = 0;
        for number in 1..=30 {
            read += read_share(&house, day(number)).await;
        }
        assert!(read >= 45, "{read} of 45");
    }

    #[tokio::test]
    async fn the_longest_unread_comes_first_and_what_is_new_waits_its_turn() {
        let mut house = House::new().await;
        Arc::get_mut(&mut house.backends).unwrap().scrub.days = 60;
        // In another order than that in which they came.
        for (size_bytes, came) in [(10_001, 1), (10_002, 2), (10_000, 0)] {
            keep(&house, vec![1; size_bytes], day(came)).await;
        }
        for (number, size_bytes) in [(3, 10_000), (4, 10_001)] {
            assert_eq!(read_share(&house, day(number)).await, size_bytes);
        }
        keep(&house, vec![1; 10_003], day(4)).await;
        for (number, size_bytes) in [(5, 10_002), (6, 10_000), (7, 10_001), (8, 10_003)] {
            assert_eq!(read_share(&house, day(number)).await, size_bytes, "on day {number}");
        }
    }

    #[tokio::test]
    async fn a_scrub_of_a_clock_that_was_wrong_does_not_count() {
        let house = House::new().await;
        keep(&house, vec![1; 10_000], NOW).await;
        assert_eq!(read_share(&house, day(5000)).await, 10_000);
        assert_eq!(read_share(&house, day(1)).await, 10_000);
        assert_eq!(read_share(&house, day(2)).await, 10_000);
    }

    #[tokio::test]
    async fn without_days_nothing_is_read() {
        let mut house = House::new().await;
        Arc::get_mut(&mut house.backends).unwrap().scrub.days = 0;
        keep(&house, vec![1; 10_000], NOW).await;
        assert_eq!(read_share(&house, day(1)).await, 0);
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_not_taken_for_damage() {
        let house = House::new().await;
        let id = keep(&house, vec![1; 10_000], NOW).await;
        let (root, aside) = (house.folder.path().join("blobs"), house.folder.path().join("aside"));
        fs::rename(&root, &aside).unwrap();
        let mut scrub = Scrub::everything(&house.backends, day(1)).await.unwrap();
        assert!(scrub.step(&house.backends).await.is_err());
        let row = blobs::find(&house.backends.metadata, id).await.unwrap().unwrap();
        assert!(!row.is_damaged);
        fs::rename(&aside, &root).unwrap();
        assert_eq!(read_share(&house, day(1)).await, 10_000);
        fs::rename(&root, &aside).unwrap();
        let mut sweep = Sweep::begin(day(10));
        while let Ok(more) = sweep.step(&house.backends).await {
            assert!(more, "the sweep ended as if all was well");
        }
    }

    #[tokio::test]
    async fn what_belongs_to_no_file_goes_although_nobody_condemned_it() {
        let house = House::new().await;
        let id = keep(&house, vec![1], NOW).await;
        while sweep(day(1), &house.backends).await.unwrap() {}
        let row = blobs::find(&house.backends.metadata, id).await.unwrap().unwrap();
        assert_eq!(row.state, blobs::State::Condemned);
        assert!(house.folder.path().join("blobs").join(id.key()).exists(), "its time begins now");
        while sweep(day(3), &house.backends).await.unwrap() {}
        assert_eq!(blobs::list(&house.backends.metadata, None, 10).await.unwrap(), []);
        assert!(!house.folder.path().join("blobs").join(id.key()).exists());
    }

    #[tokio::test]
    async fn one_blob_that_cannot_be_removed_does_not_keep_the_others() {
        let house = House::new().await;
        let ids = [keep(&house, vec![1], NOW).await, keep(&house, vec![2], NOW).await];
        let tx = house.backends.metadata.begin().await.unwrap();
        blobs::condemn(&tx, NOW, &ids).await.unwrap();
        tx.commit().await.unwrap();
        // A folder where the file should be: it cannot be removed as a file, not even by root.
        let stuck = house.folder.path().join("blobs").join(ids[0].key());
        fs::remove_file(&stuck).unwrap();
        fs::create_dir(&stuck).unwrap();
        let mut sweep = Sweep::begin(day(2));
        let error = loop {
            match sweep.step(&house.backends).await {
                Ok(more) => assert!(more, "nobody is told"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, domain::Error::Unavailable(_)), "{error:?}");
        assert_eq!(sweep.swept().condemned, 1);
        let rows = blobs::list(&house.backends.metadata, None, 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[0]]);
    }
}
