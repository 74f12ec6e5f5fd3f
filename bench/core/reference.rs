//! The reference loop, to which the benches compare their times.

use std::hint::black_box;

use criterion::Criterion;

/// The number of words that the loop uses: 256 KiB, more than the first-level cache.
const WORDS: usize = 1 << 15;

/// The reference loop: arithmetic, branches and scattered memory accesses in plain Rust, independent of this crate. The ratio of a bench's
/// time to this loop's time in the same run is about the same on all machines. `npm run bench:core` compares it with
/// bench/core/baseline.json.
pub fn reference(criterion: &mut Criterion, bench: &str) {
    criterion.bench_function(&format!("reference/{bench}"), |bencher| {
        let mut words: Vec<u64> = (0..WORDS as u64).collect();
        bencher.iter(|| {
            let mut state = black_box(0x9E37_79B9_7F4A_7C15_u64);
            for _ in 0..WORDS {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = usize::try_from(state % WORDS as u64).unwrap_or_default();
                words[at] = if words[at] & 1 == 0 { words[at].wrapping_add(state) } else { words[at] >> 1 };
            }
            black_box(words[0])
        });
    });
}
