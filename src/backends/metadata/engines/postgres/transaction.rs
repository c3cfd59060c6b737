//! A transaction on PostgreSQL, in as few messages as it can be.
//!
//! It begins with its first statement, in the same message where that has nothing but numbers in it, as the pen of a
//! space has; and what may go along with a later statement is sent with that.

use std::sync::Arc;

use sea_orm::{DbErr, Statement};
use tokio::sync::Mutex;

use super::lanes::{Answer, Asked, Lane, Lanes};
use super::plain;
use crate::together::{self, Step};

/// Where a transaction stands.
pub(crate) struct Transaction {
    lanes: Arc<Lanes>,
    opening: &'static str,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// None before the first statement and after the end.
    lane: Option<Lane>,
    /// What goes along with the next statement.
    waiting: Vec<Step>,
    /// Whether a statement has failed: the database takes no other, and its COMMIT undoes everything without a word.
    has_failed: bool,
}

impl Transaction {
    /// One that will begin with these words.
    pub(crate) fn new(lanes: &Arc<Lanes>, opening: &'static str) -> Self {
        Self { lanes: Arc::clone(lanes), opening, open: Mutex::default() }
    }

    /// Sends a statement, and what was to go along before it: a statement sees what those before it have done.
    pub(crate) async fn ask(&self, statement: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        self.lanes.count(1);
        let mut open = self.open.lock().await;
        self.flush(&mut open).await?;
        self.send(&mut open, statement, asked).await
    }

    /// Lets a step go along with the next statement.
    pub(crate) async fn along(&self, step: Step) -> Result<(), DbErr> {
        self.lanes.count(1);
        let mut open = self.open.lock().await;
        if open.waiting.iter().any(|waiting| waiting.meets(&step)) {
            self.flush(&mut open).await?;
        }
        open.waiting.push(step);
        Ok(())
    }

    /// Takes these steps, and those that were to go along, in one statement.
    pub(crate) async fn together(&self, steps: Vec<Step>, question: &str) -> Result<Answer, DbErr> {
        self.lanes.count(steps.len() as u64);
        let mut open = self.open.lock().await;
        let waiting = std::mem::take(&mut open.waiting);
        let joined = together::join(waiting.into_iter().chain(steps).collect(), question);
        self.send(&mut open, &joined, Asked::Rows).await
    }

    /// Makes it happen. Where nothing was sent there is nothing to be done.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let mut open = self.open.lock().await;
        self.flush(&mut open).await?;
        if open.has_failed {
            return Err(DbErr::Custom("a transaction was to happen of which a statement has failed".into()));
        }
        let Some(mut lane) = open.lane.take() else { return Ok(()) };
        lane.ask_plainly("COMMIT", Asked::Count).await?;
        lane.leave();
        Ok(())
    }

    async fn flush(&self, open: &mut Open) -> Result<(), DbErr> {
        if open.waiting.is_empty() {
            return Ok(());
        }
        let joined = together::join(std::mem::take(&mut open.waiting), "NULL");
        self.send(open, &joined, Asked::Rows).await.map(drop)
    }

    async fn send(&self, open: &mut Open, statement: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        let answer = self.attempt(open, statement, asked).await;
        open.has_failed |= answer.is_err();
        answer
    }

    async fn attempt(&self, open: &mut Open, statement: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        if let Some(lane) = &mut open.lane {
            return lane.ask(statement, asked).await;
        }
        let mut losses = 0;
        loop {
            let mut lane = self.lanes.lend().await?;
            match self.open_with(&mut lane, statement, asked).await {
                Err(error) if self.lanes.may_send_again(&mut losses, &error) => {}
                answer => {
                    open.lane = Some(lane);
                    return answer;
                }
            }
        }
    }

    async fn open_with(&self, lane: &mut Lane, statement: &Statement, asked: Asked) -> Result<Answer, DbErr> {
        lane.enter();
        match plain::text(statement) {
            Some(text) => lane.ask_plainly(&format!("{}; {text}", self.opening), asked).await,
            None => {
                lane.ask_plainly(self.opening, Asked::Count).await?;
                lane.ask(statement, asked).await
            }
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(lane) = self.open.get_mut().lane.take() {
            lane.roll_back();
        }
    }
}
