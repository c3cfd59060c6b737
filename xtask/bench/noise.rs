//! Bytes that no one can compress or guess, made at memory speed from a seed, and compared on the way back.

use std::io::{self, Read, Write};

/// Xorshift64* (Vigna 2016); the same seed gives the same bytes.
pub struct Noise {
    state: u64,
    word: [u8; 8],
    used: usize,
}

impl Noise {
    pub fn new(seed: u64) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, word: [0; 8], used: 8 }
    }

    fn next_word(&mut self) -> [u8; 8] {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes()
    }

    fn fill(&mut self, mut buffer: &mut [u8]) {
        while !buffer.is_empty() {
            if self.used == 8 {
                let (words, rest) = buffer.split_at_mut(buffer.len() / 8 * 8);
                words.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next_word()));
                buffer = rest;
                if buffer.is_empty() {
                    return;
                }
                self.word = self.next_word();
                self.used = 0;
            }
            let part = buffer.len().min(8 - self.used);
            buffer[..part].copy_from_slice(&self.word[self.used..self.used + part]);
            self.used += part;
            buffer = &mut buffer[part..];
        }
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill(buffer);
        Ok(buffer.len())
    }
}

/// A sink that fails on the first byte that differs from the noise of the same seed.
pub struct Compare {
    expected: Noise,
    buffer: Vec<u8>,
}

impl Compare {
    pub fn new(seed: u64) -> Self {
        Self { expected: Noise::new(seed), buffer: Vec::new() }
    }
}

impl Write for Compare {
    fn write(&mut self, received: &[u8]) -> io::Result<usize> {
        self.buffer.resize(received.len(), 0);
        self.expected.fill(&mut self.buffer);
        if self.buffer != received {
            return Err(io::Error::other("the downloaded bytes are not the ones uploaded"));
        }
        Ok(received.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_same_however_it_is_cut() {
        let mut whole = [0; 1000];
        Noise::new(7).fill(&mut whole);
        let mut compare = Compare::new(7);
        for part in whole.chunks(13) {
            compare.write_all(part).unwrap();
        }
        assert!(Compare::new(8).write_all(&whole).is_err());
    }
}
