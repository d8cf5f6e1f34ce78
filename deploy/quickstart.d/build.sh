# Packages and programs. Sourced by deploy/quickstart.

install_packages() {
  local options=()
  [[ "$tour" == plain ]] || options=("--$tour")
  "$root/deploy/install-packages" "${options[@]}" || die "packages are missing, see above"
}

# Reads ninja's lines, "[12/345] ...", and shows how far it is: in one line on a terminal, every tenth elsewhere.
show_progress() {
  local line done_steps all percent shown=-1
  while IFS= read -r line; do
    [[ "$line" =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done_steps=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    [[ "$done_steps" -gt 0 ]] || continue  # ninja looking around
    percent=$((100 * done_steps / all))
    if [[ -t 1 ]]; then
      printf '\r\e[KBuilding: %d%% (%d of %d steps)' "$percent" "$done_steps" "$all"
    elif [[ $((percent / 10)) -gt "$shown" ]]; then
      shown=$((percent / 10))
      printf 'Building: %d%% (%d of %d steps)\n' "$((shown * 10))" "$done_steps" "$all"
    fi
  done
  if [[ -t 1 ]]; then printf '\r\e[K'; fi
}

# As many compilers as there are processors, unless that needs more memory than is free.
parallel_jobs() {
  local free_kib jobs
  free_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  jobs=$((${free_kib:-2000000} / 700000))
  [[ "$jobs" -gt "$(nproc)" ]] && jobs=$(nproc)
  [[ "$jobs" -lt 1 ]] && jobs=1
  echo "$jobs"
}

build_failed() {
  grep -E -A3 'error:|undefined reference|CMake Error' "$1" | head -n 20 >&2 || true
  die "$2 failed; all of its output is in ${1#"$root"/}"
}

build() {
  local log=$root/build/quickstart.log out=$root/build/release began=$SECONDS
  mkdir -p "$root/build" 2>/dev/null && : 2>/dev/null >"$log" || die "no permission to write to $root/build"
  cd "$root"
  if [[ ! -f "$out/build.ninja" ]]; then
    say "Configuring (build/quickstart.log)"
    # The tests' own libraries are for those who run the tests; tests/run turns the tests on again.
    cmake --preset release -DSAGA_BUILD_TESTS=OFF >>"$log" 2>&1 || build_failed "$log" "cmake --preset release"
  fi
  cmake --build --preset release --parallel "$(parallel_jobs)" --target sagad sagactl order product 2>&1 |
    tee -a "$log" | show_progress || build_failed "$log" "the build"
  if grep -qE '\] (Building|Linking) ' "$log"; then
    say "Built sagad, sagactl, order and product in build/release/bin, in $((SECONDS - began)) s"
  else
    say "Everything is built"
  fi
}
