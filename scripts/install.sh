#!/usr/bin/env bash
# Release build of the extension into the PostgreSQL of PG_CONFIG, and of `zapgres`, its systemd unit and an example of its
# configuration into PREFIX, all below DESTDIR.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=output.sh
source "$root/scripts/output.sh"
# shellcheck source=as-root.sh
source "$root/scripts/as-root.sh"
# shellcheck source=private-postgres.sh
source "$root/scripts/private-postgres.sh"
# shellcheck source=installed-files.sh
source "$root/scripts/installed-files.sh"
cd "$root"

# put MODE FROM TO
put() {
    as_owner_of "$3" install -D -m "$1" "$2" "$3"
    printf '  %s\n' "$3"
}

"$root/scripts/install-requirements.sh" build
installed_paths
export PGRX_HOME=$target/pgrx-install
write_pgrx_home "$PGRX_HOME" "$PG_CONFIG"
package=$target/package
rm -rf "$package"

step "building (release: some minutes the first time)"
quietly install-daemon cargo build --release --package zapgres-drainer
quietly install-extension cargo pgrx package --package zapgres --pg-config "$PG_CONFIG" --out-dir "$package"
sed "s|/usr/local/bin/zapgres|$PREFIX/bin/zapgres|" drainer/systemd/zapgres.service >"$package/zapgres.service"

step "installing"
put 755 "$package${library#"$DESTDIR"}" "$library"
for file in "$package${extension_directory#"$DESTDIR"}"/zapgres*; do
    put 644 "$file" "$extension_directory/${file##*/}"
done
put 755 "$target/release/zapgres" "$binary"
put 644 "$package/zapgres.service" "$unit"
put 644 drainer/zapgres.toml "$example"
