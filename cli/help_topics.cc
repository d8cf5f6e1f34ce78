#include "cli/help_topics.h"

namespace saga::cli {

const char kOutputHelp[] = R"(Output of sagactl:

  -o table   for people; times are relative on a terminal and RFC 3339 elsewhere (--time overrides)
  -o wide    with more columns
  -o json    one JSON value; field names are stable, fields are only ever added
  -o jsonl   one JSON object a line; list prints pages as they come

Data goes to standard output, talk to standard error. Colour appears on a terminal only, and not
with NO_COLOR set. cli/README.md lists the fields.
)";

const char kEnvironmentHelp[] = R"(Environment of sagactl:

  SAGACTL_SERVER   address of sagad, when --server does not say otherwise
  NO_COLOR         when set to anything but the empty string: no colour
  EDITOR           what `sagactl dlq edit` opens a payload in
)";

const char kFilterHelp[] = R"(The filter language: the same in list, dlq and dest.

  sagactl list 'state=aborting and dest~product and age>10m and attempts>=3'
  sagactl dlq list 'not (mode=tcc or mode=xa) and error~"no route"'

A filter is one or more conditions FIELD COMPARISON VALUE, joined by and, or, not and parentheses.
not binds tightest, then and, then or. Put it in single quotes: > and ( mean something to a shell.

  FIELD        COMPARISONS      VALUE                              OF A DEAD LETTER
  state        = !=             prepared submitted aborting succeed failed; open, ended
  mode         = !=             saga tcc msg xa workflow
  gid          = != ~ !~        text
  definition   = != ~ !~        text
  age          < <= > >=        10s 5m 2h 3d, since its creation   since it died
  reason       = != ~ !~        why it is undone                   attempts_used unknown_method
                                                                   contract undecodable
  about its branches:
  dest         = != ~ !~        participant, or host:port
  op           = !=             action compensate confirm cancel try commit rollback msg
                                callback business
  branch       = != ~ !~        branch_id
  attempts     = != < <= > >=   number of calls
  error        = != ~ !~        text of the last useless answer
  fingerprint  = != ~ !~        of that text, as dlq group shows it
  dead         = !=             yes no

  ~ is "contains", letter case ignored; !~ is "contains not".
  Values with blanks, parentheses or = ! ~ < > stand in double quotes, with \" and \\ inside.

A condition about branches holds for a transaction when it holds for one of its branches, and two
conditions may hold for different ones. So `dest!=order` finds what also calls somebody else;
`not dest=order` finds what never calls order. In dlq everything is about the dead branch itself.

dest list has the fields dest and state (closed, open, half_open, paused).
)";

const char kReplayHelp[] = R"(Replaying dead letters, from the outage to the last one:

  1. What died, and of what?
       sagactl dlq group
       sagactl dlq list 'fingerprint=1f3a90cc'
       sagactl dlq show order-42/01/compensate
  2. Select. Nothing is done yet; the token names exactly these items, whatever dies later.
       sagactl dlq replay 'dest=product and op=compensate'
  3. Execute. The first item goes alone (--canary); only when it succeeds the rest follows, at
     --rate items a second and at most --max-in-flight at once, through the destination's lane.
       sagactl dlq replay --execute TOKEN --rate 40 --max-in-flight 8 --reason 'product is back'
  4. Watch, or leave. The job belongs to sagad: it survives sagactl's end and sagad's restart.
       sagactl job watch TOKEN
       sagactl job stop TOKEN --reason '...'
       sagactl job describe TOKEN --items failed

total = pending + running + done + failed + skipped, always. failed: it died again. skipped: it was
not what had been selected any more (ended, resolved, replayed by somebody else): nothing was done.
A payload that can never succeed: dlq edit. Work that was done by hand: dlq resolve --as done.
)";

}  // namespace saga::cli
