//! Several servers over one database: real processes, of which each may be killed, halted and started again.

mod leftovers;
mod load;
mod proxy;
mod rolling;
mod start;
mod together;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use bucket::Bucket;
use larder::config::{Config, Sources};
use larder::house;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, QueryResult};
use services::Backends;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::crash::Line;
use crate::support::{Program, Wire, ground};

/// Says that a test is about several servers, and whether it is left out because there is only one ground for one.
fn is_left_out() -> bool {
    if !ground::is_scaled() {
        println!("left out: several servers need PostgreSQL, S3 and Redis; `cargo xtask test` runs this");
    }
    !ground::is_scaled()
}

/// Servers side by side.
pub struct Cluster {
    bucket: Bucket,
    folder: TempDir,
    settings: Vec<(String, String)>,
    servers: Vec<Option<Program>>,
    credentials: String,
}

impl Cluster {
    /// So many servers on the ground of this run.
    fn new(count: usize) -> Self {
        Self::with(count, &[])
    }

    /// With settings of their own, such as `("server.drain_seconds", "2")`.
    fn with(count: usize, settings: &[(&str, &str)]) -> Self {
        let mut cluster = Self::unstarted(count, settings);
        for number in 0..count {
            cluster.start(number);
        }
        cluster
    }

    /// Of which none runs yet.
    fn unstarted(count: usize, settings: &[(&str, &str)]) -> Self {
        let (folder, bucket) = (tempfile::tempdir().unwrap(), Bucket::start_on_thread());
        let mut all = ground::settings(folder.path());
        // Whose calls can be made to go wrong.
        all.extend(bucket.settings());
        // Tests speak as many clients at once.
        all.push(("login.devices_max".to_owned(), "0".to_owned()));
        all.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let servers = std::iter::repeat_with(|| None).take(count).collect();
        let cluster = Self { bucket, folder, settings: all, servers, credentials: String::new() };
        for number in 0..count {
            std::fs::create_dir(cluster.place(number)).unwrap();
        }
        cluster
    }

    fn place(&self, number: usize) -> PathBuf {
        self.folder.path().join(number.to_string())
    }

    fn variables(&self, number: usize) -> Vec<(String, String)> {
        let variable = |key: &str| format!("LARDER_{}", key.replace('.', "_").to_uppercase());
        let own = [("LARDER_SERVER_NAME".to_owned(), format!("server-{number}"))];
        let settings = self.settings.iter().map(|(key, value)| (variable(key), value.clone()));
        settings.chain(own).collect()
    }

    fn start(&mut self, number: usize) {
        let variables = self.variables(number);
        let variables: Vec<_> = variables.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        self.took(number, Program::serve_with(&self.place(number), &variables));
    }

    fn took(&mut self, number: usize, program: Program) {
        if program.has_password() {
            self.credentials = program.credentials();
        }
        self.servers[number] = Some(program);
    }

    fn server(&self, number: usize) -> &Program {
        self.servers[number].as_ref().unwrap()
    }

    /// Ends one as a loss of power would.
    fn kill(&mut self, number: usize) {
        self.servers[number].take().unwrap().kill();
    }

    /// Ends one as a service manager does.
    fn stop(&mut self, number: usize) {
        let server = self.servers[number].take().unwrap();
        server.signal("TERM");
        assert!(server.ended(), "the server does not stop");
    }

    /// A client of the first account, at one of the servers.
    fn line(&self, number: usize) -> Line {
        Line { address: self.server(number).address, credentials: self.credentials.clone() }
    }

    /// The same for somebody else.
    fn line_of(&self, number: usize, user: &str, password: &str) -> Line {
        Line { address: self.server(number).address, credentials: Wire::basic(user, password) }
    }

    /// A command beside one of the servers, on its machine.
    fn larder(&self, number: usize, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(number, arguments).output().unwrap();
        assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    fn command(&self, number: usize, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LARDER_")) {
            command.env_remove(name);
        }
        command.args(arguments).arg("--data").arg(self.place(number).join("data"));
        command.envs(self.variables(number)).current_dir(self.place(number));
        command
    }

    /// Asks the database, or changes it behind the servers' backs.
    fn sql(&self, sql: &str) -> Vec<QueryResult> {
        let (_, url) = self.settings.iter().rfind(|(key, _)| key == "metadata.url").unwrap();
        ask(url, sql)
    }

    fn number(&self, sql: &str) -> i64 {
        self.sql(sql)[0].try_get_by_index(0).unwrap()
    }

    /// Lets a minute pass for whoever judges which of the servers are there: those that run were seen all the while.
    fn let_a_minute_pass(&self) {
        self.sql("UPDATE servers SET steady_ms = steady_ms - 60000");
        let running = self.servers.iter().enumerate().filter(|(_, server)| server.is_some());
        let running: Vec<String> = running.map(|(number, _)| format!("'server-{number}'")).collect();
        let running = if running.is_empty() { "''".to_owned() } else { running.join(", ") };
        // Of one name the latest is the one that runs.
        self.sql(&format!(
            "UPDATE servers SET seen_ms = seen_ms - 60000 WHERE name NOT IN ({running}) \
             OR started_ms < (SELECT MAX(s.started_ms) FROM servers s WHERE s.name = servers.name)"
        ));
    }

    /// The house as a command beside the servers has it.
    fn visit<T>(&self, look: impl AsyncFnOnce(&Arc<Backends>) -> T) -> T {
        let data = self.place(0).join("data");
        let mut settings = self.settings.clone();
        settings.push(("data_folder".to_owned(), data.to_str().unwrap().to_owned()));
        let command_line = settings.into_iter().map(|(key, value)| ("test".to_owned(), key, value)).collect();
        let sources = Sources { file: None, environment: Vec::new(), command_line };
        let config = Config::load(&sources).unwrap().0;
        Runtime::new().unwrap().block_on(async {
            let backends = Arc::new(house::visit(&config).await.unwrap());
            let seen = look(&backends).await;
            backends.close().await.unwrap();
            seen
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().filter_map(Option::take) {
            server.kill();
        }
        ground::left(self.folder.path());
        for number in 0..self.servers.len() {
            ground::left(&self.place(number));
        }
    }
}

/// What a database answers, or nothing for a change.
fn ask(url: &str, sql: &str) -> Vec<QueryResult> {
    Runtime::new().unwrap().block_on(async {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let database = Database::connect(options).await.unwrap();
        let asked = sea_orm::Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(asked).await.unwrap();
        database.close().await.unwrap();
        rows
    })
}

/// What the log of a server says, for whoever wonders why something failed.
fn log_in(place: &Path) -> String {
    std::fs::read_to_string(place.join("log")).unwrap_or_default()
}
