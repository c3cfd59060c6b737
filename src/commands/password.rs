//! Reading an account password: one line of the standard input, typed unseen at a terminal.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use anyhow::{Result, bail};

/// Reads a new password; at a terminal twice, because nobody sees what they type.
pub fn read() -> Result<String> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let _unseen = Unseen::begin();
    let password = ask("New account password: ")?;
    if ask("The same again: ")? != password {
        bail!("These were two different passwords; nothing was changed.");
    }
    Ok(password)
}

fn ask(prompt: &str) -> Result<String> {
    let mut terminal = io::stderr();
    write!(terminal, "{prompt}")?;
    terminal.flush()?;
    let typed = line();
    writeln!(terminal)?;
    typed
}

fn line() -> Result<String> {
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        bail!("The standard input ended before a password came.");
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// While this lives the terminal does not show what is typed. Where there is no stty it does.
struct Unseen;

impl Unseen {
    fn begin() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        stty("echo");
    }
}

fn stty(mode: &str) {
    // A failure leaves the terminal as it was, which is no reason to refuse the password.
    let _ = Command::new("stty").arg(mode).status();
}
