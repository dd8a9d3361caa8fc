"""Tables of the rows of a run, and of what they were to reach."""

import targets

HEADER = f"{'cell':<17}{'T':>5}{'B':>5}{'H':>6}{'on':>3}{'ours':>13}{'spread':>7}  {'peer':<18}{'time':>13}" \
         f"{'ratio':>8}{'':8}{'most':>7}{'GFLOP/s':>9}{'limit':>7}"


def size(value):
    return "" if value is None else value


def line(row):
    """One row of the table; what was wanted is marked where it was missed."""
    rate = "" if row.gflops is None else f"{row.gflops:.1f}"
    most = "" if row.most is None else f"{row.most:.2f}"
    share = "" if row.share_of_limit is None else f"{row.share_of_limit:.1%}"
    spread = "" if row.spread is None else f"{row.spread:.1%}"
    wanted = targets.of_row(row)
    goal = "" if wanted is None else f" {'<' if row.ratio < wanted else '>='} {wanted:g}"
    sizes = f"{row.cell:<17}{size(row.T):>5}{size(row.B):>5}{size(row.H):>6}{row.threads:>3}"
    return f"{sizes}{row.ours_us:>13.2f}{spread:>7}  {row.peer:<18}{row.peer_us:>13.2f}{row.ratio:>8.3f}{goal:<8}" \
           f"{most:>7}{rate:>9}{share:>7}"


#===------------------------------------------------------------------------===#
# Targets
#===------------------------------------------------------------------------===#

TARGETS = f"{'':<62}{'wanted':>8}{'worst':>8}{'met':>7}{'most':>8}{'limit':>7}  the limit is made of"


def figure(value, is_share):
    return f"{value:.1%}" if is_share else f"{value:.2f}"


def case(row, names_suite):
    """What a row is about, within its suite or beside others."""
    sizes = [f"{name} {value}" for name, value in (("T", row.T), ("B", row.B), ("H", row.H)) if value is not None]
    threads = [f"{row.threads} threads"] if row.threads > 1 else []
    return " ".join([*([row.suite] if names_suite else []), row.cell, *sizes, *threads, "against", row.peer])


def fastest_peers(rows):
    """Of the rows of each case the one with the fastest peer."""
    found = {}
    for row in rows:
        of = (row.suite, row.cell, row.T, row.B, row.H, row.threads)
        if of not in found or row.peer_us < found[of].peer_us:
            found[of] = row
    return list(found.values())


def target_line(name, target, met, row):
    """The last columns say what a case would reach at its limit, how much of the
    limit it has reached, and what that consists of."""
    value, wanted = (figure(ratio, target.is_share) for ratio in (row.ratio, target.ratio))
    line = f"{name:<62}{wanted:>8}{value:>8}{met:>7}"
    if row.least:
        line += f"{figure(row.most, target.is_share):>8}{row.share_of_limit:>7.1%}  {row.least.words()}"
    return line


def targets_table(rows):
    """A line for each target that the rows have cases of, with the worst of these;
    below it one for each case that misses it."""
    lines = []
    for target in targets.TARGETS:
        found = fastest_peers([row for row in rows if target.matches(row)])
        if not found:
            continue
        missed = [row for row in found if not target.met(row)]
        met = f"{len(found) - len(missed)}/{len(found)}"
        lines.append(target_line(target.what, target, met, min(found, key=lambda row: row.ratio)))
        several = len(target.suites) > 1
        lines += [target_line(f"  {case(row, several)}", target, "no", row) for row in missed]
    return "\n".join([TARGETS, *lines]) if lines else ""
