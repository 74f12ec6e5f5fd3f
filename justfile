# Single steps; `just ready` is all that CI runs.

ready:
    .ci/run

# Tests: `just test --only cargo`, `just test --only jest encode`
test *args:
    npm test -- {{args}}

demo *args:
    npm run demo -- {{args}}

bench *args:
    npm run bench -- {{args}}

# Killed processes, faults, other writers: `just storm --seed 7`
storm *args:
    npm run storm -- {{args}}

# The model checker as CI runs it, or for long: `just model --seconds 600`; `just model --seed 7` replays a seed
model *args:
    node scripts/model.mjs {{args}}

# Writes all formatting
fmt:
    cargo fmt
    npm run format

lint:
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo clippy --all-targets --no-default-features -- -D warnings
    npm run lint
    npm run typecheck

# What the addon may be made of, and which modules may use which
policy:
    node scripts/check-tree.mjs
    node scripts/check-layers.mjs
    cargo deny check bans licenses sources
