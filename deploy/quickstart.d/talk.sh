# How the quickstart talks. Sourced by deploy/quickstart.

bold="" dim="" green="" plain=""
if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' plain=$'\e[0m'
fi

headline() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s\n' "$*"; }

# The one line that says what is wrong, and the end.
told=no
die() {
  told=yes
  echo "deploy/quickstart: $*" >&2
  exit 1
}

# A claim that was checked: expect WHAT EXPECTED ACTUAL. The end when it does not hold.
expect() {
  [[ "$2" == "$3" ]] || die "$1: expected '$2', found '$3'"
}
ok() { printf '%sok:%s %s\n' "$green" "$plain" "$*"; }

# "$ command", with quotes where a shell needs them.
show_command() {
  local word
  printf '%s$' "$dim"
  for word in "$@"; do
    if [[ "$word" =~ ^[A-Za-z0-9_./:=-]+$ ]]; then printf ' %s' "$word"; else printf " '%s'" "$word"; fi
  done
  printf '%s\n' "$plain"
}

# Shows a sagactl command as one would type it, then runs it. Its exit code is in $code: a transaction that was undone is
# not an error of the quickstart.
code=0
sagactl() {
  show_command sagactl "$@"
  code=0
  (cd "$dir" && SAGACTL_SERVER=$server "$bin/sagactl" "$@") 2>&1 || code=$?
}

# The same without showing it: for checks.
ask_sagactl() { (cd "$dir" && SAGACTL_SERVER=$server "$bin/sagactl" "$@" -o json); }

# Shows a request as one would type it, then sends it and shows the answer: request URL JSON
request() {
  show_command curl -d "$2" "$1"
  local answer
  answer=$(post "$1" "$2") || die "$1 answered: $answer"
  say "$answer"
}

# post URL JSON: the answer's body; fails with an HTTP status that says error, and when nobody answers.
post() { curl --silent --fail-with-body --max-time 30 --data "$2" "$1"; }
