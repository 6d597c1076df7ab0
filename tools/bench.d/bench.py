"""The measurements of tools/bench. Every command writes into a directory of its own that is removed only at
the end: a file system is slower right after many files were deleted."""
import base64
import csv
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
REFERENCE = os.path.join(HERE, "../../.tools/reference")
place = tempfile.mkdtemp(prefix="strongroom-bench-")
environment = dict(
    os.environ, STRONGROOM_ROOT_KEY_FILE=place + "/root.key", TENCENTCLOUD_SECRET_ID="simulator-id",
    TENCENTCLOUD_SECRET_KEY="simulator-key", RESTIC_PASSWORD="bench", BORG_PASSPHRASE="bench",
    BORG_BASE_DIR=place + "/borg-home", XDG_CACHE_HOME=place + "/cache", XDG_STATE_HOME=place + "/state",
    XDG_CONFIG_HOME=place + "/config")
counter = 0


def fresh():
    global counter
    counter += 1
    return f"{place}/{counter}"


def run(command, codes=(0,), **extra):
    """Runs a command, which must end with one of these codes; wall seconds, CPU seconds of it and its children, peak resident MiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    process = subprocess.Popen(command, env=dict(environment, **extra), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit(f"{command[0]} failed: {errors.decode()[-500:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "MiB": usage.ru_maxrss / 1024}


def quiet(*command, **extra):
    subprocess.run(command, env=dict(environment, **extra), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_answers(count):
    os.makedirs(place + "/answers")
    os.makedirs(place + "/media")
    rows = []
    for number in range(count):
        media = {
            "BestFrame": b"\xff\xd8\xff\xe0" + os.urandom(150_000),
            "Video": b"\0\0\0\x18ftypmp42" + os.urandom(1_350_000),
            "ActionVideo": b"\0\0\0\x18ftypmp42" + os.urandom(750_000)}
        for field, content in media.items():
            with open(f"{place}/media/{number}-{field}", "wb") as file:
                file.write(content)
        response = {"Result": "0", "Description": "Success", "Similarity": 98.2, "Extra": None, "RequestId": f"r-{number}"}
        response.update({field: base64.b64encode(content).decode() for field, content in media.items()})
        path = f"{place}/answers/{number:04}.json"
        with open(path, "w") as file:
            json.dump({"Response": response}, file, separators=(",", ":"))
        rows.append((f"K-{number}", path, "2026-01-01T00:00:00Z"))
    with open(place + "/import.csv", "w", newline="") as file:
        csv.writer(file).writerows([("case", "file", "captured-at"), *rows])
    return [row[1] for row in rows]


def table(title, rows):
    print(f"\n{title}\n")
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for index, row in enumerate(rows):
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    sys.stdout.flush()


def imports(answers):
    def strongroom(program="strongroom"):
        archive = fresh()
        quiet(program, "init", STRONGROOM_ARCHIVE=archive)
        return lambda: run([program, "import", "--from", place + "/import.csv"], STRONGROOM_ARCHIVE=archive)

    def reference():
        out = fresh()
        os.makedirs(out)
        return lambda: run([REFERENCE, out, *answers])

    def afternoon():
        out = fresh()
        os.makedirs(out)
        return lambda: run([sys.executable, HERE + "/afternoon.py", out, *answers])

    def restic():
        repository = fresh()
        quiet("restic", "-r", repository, "init")
        return lambda: run(["restic", "-r", repository, "backup", "-q", place + "/media"])

    def borg():
        repository = fresh()
        quiet("borg", "init", "-e", "repokey-blake2", repository)
        return lambda: run(["borg", "create", repository + "::a", place + "/media"])

    programs = {"strongroom import": strongroom,
                "the version without a ledger": lambda: strongroom(os.environ["BEFORE_LEDGER"]), "(a) reference in C": reference, "(b) Python script": afternoon,
                "(c) restic backup": restic, "(c) borg create": borg}
    results = {name: [] for name in programs}
    for number in range(ROUNDS + 1):
        prepared = {name: prepare() for name, prepare in programs.items()}
        os.sync()
        time.sleep(1)
        for name, measured in prepared.items():
            result = measured()
            if number > 0:  # the first round warms up
                results[name].append(result)
    ours = results["strongroom import"]
    rows = [("200 answers, 450 MB of media", "wall s", "CPU s", "peak MiB", "our wall ÷ its", "our CPU ÷ its")]
    for name, values in results.items():
        median = {key: statistics.median(value[key] for value in values) for key in values[0]}
        ratio = {key: statistics.median(a[key] / b[key] for a, b in zip(ours, values)) for key in ("wall", "cpu")}
        rows.append((name, f"{median['wall']:.2f}", f"{median['cpu']:.2f}", f"{median['MiB']:.0f}", f"{ratio['wall']:.2f}", f"{ratio['cpu']:.2f}"))
    table("Import, every object durable", rows)


def small():
    """1,500 answers of 10 kB each: here the index decides, not the media."""
    count = 1500
    os.makedirs(place + "/small")
    rows = []
    for number in range(count):
        media = {"BestFrame": b"\xff\xd8\xff\xe0" + os.urandom(4000), "Video": b"\0\0\0\x18ftypmp42" + os.urandom(2500),
                 "ActionVideo": b"\0\0\0\x18ftypmp42" + os.urandom(1000)}
        response = {"Result": "0", "Description": "Success", "Similarity": 98.2, "Extra": None, "RequestId": f"r-{number}"}
        response.update({field: base64.b64encode(content).decode() for field, content in media.items()})
        path = f"{place}/small/{number:04}.json"
        with open(path, "w") as file:
            json.dump({"Response": response}, file, separators=(",", ":"))
        rows.append((f"K-{number}", path, "2026-01-01T00:00:00Z"))
    with open(place + "/small.csv", "w", newline="") as file:
        csv.writer(file).writerows([("case", "file", "captured-at"), *rows])

    def prepared(program):
        archive = fresh()
        quiet(program, "init", STRONGROOM_ARCHIVE=archive)
        return archive

    def imported(program, archive, *before):
        return run([*before, program, "import", "--from", place + "/small.csv"], STRONGROOM_ARCHIVE=archive)

    programs = {"strongroom import": "strongroom", "the version in which each commits alone": os.environ["WRITING_ALONE"]}
    results = {name: [] for name in programs}
    for number in range(ROUNDS + 1):
        for name, program in programs.items():
            archive = prepared(program)
            os.sync()
            time.sleep(1)
            result = imported(program, archive)
            if number > 0:
                results[name].append(result)
    syncs = {}
    for name, program in programs.items():
        log = fresh()
        imported(program, prepared(program), "strace", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", log)
        with open(log) as file:
            syncs[name] = sum("index.sqlite" in line and "resumed" not in line for line in file) / count
    ours = results["strongroom import"]
    rows = [("1,500 answers of 10 kB", "answers a second", "CPU ms an answer", "syncs of the index an answer", "as many times as ours")]
    for name, values in results.items():
        rate = statistics.median(count / value["wall"] for value in values)
        ratio = statistics.median(b["wall"] / a["wall"] for a, b in zip(ours, values))
        cpu = statistics.median(value["cpu"] for value in values) / count * 1000
        rows.append((name, f"{rate:,.0f}", f"{cpu:.2f}", f"{syncs[name]:.2f}", f"{1 / ratio:.2f}"))
    table("Import of small answers", rows)


def earlier(answers):
    """The same verbs on the same data, by this version and by an earlier one, in turns."""
    programs = {"now": ("strongroom", os.environ["RETENTION_BENCH"]), "before": (os.environ["WRITING_ALONE"], os.environ["BENCH_ALONE"])}
    walls = {}

    def measure(what, name, *command, **extra):
        walls.setdefault(what, {"now": [], "before": []})[name].append(run([programs[name][0], *command], **extra)["wall"])

    archives = {}
    for number in range(ROUNDS + 1):
        for name, (program, _) in programs.items():
            archives[name] = archive = fresh()
            quiet(program, "init", STRONGROOM_ARCHIVE=archive)
        os.sync()
        time.sleep(1)
        for name in programs:
            measure("import of 200 answers", name, "import", "--from", place + "/import.csv", STRONGROOM_ARCHIVE=archives[name])
    case = csv.DictReader(open(place + "/import.csv")).__next__()["case"]
    for number in range(20 * ROUNDS):
        for name in programs:
            measure("a case by its ID", name, "case", "show", case, STRONGROOM_ARCHIVE=archives[name])
            measure("one best frame", name, "retrieve", case, "--reason", "bench", "--media", "best-frame", "--output", "-", STRONGROOM_ARCHIVE=archives[name])
    house = os.path.join(HERE, "../../policies/hk-amlo.yaml")
    filled = {}
    for name, (program, bench) in programs.items():
        filled[name] = path = fresh()
        quiet(program, "init", STRONGROOM_ARCHIVE=path)
        subprocess.run([bench, "fill", path, environment["STRONGROOM_ROOT_KEY_FILE"], "200000", "1000"], check=True, capture_output=True, env=environment)
        quiet(program, "hold", "place", "--matter", "M", "--case", "NONE", "--reason", "bench", "--review-by", "2030-01-01", STRONGROOM_ARCHIVE=path)
    for number in range(ROUNDS):
        for name, (program, _) in programs.items():
            # A policy is activated once: each round has a version of its own.
            with open(house) as file:
                text = file.read().replace("version: 1", f"version: {number + 1}").replace("P90D", f"P{90 + number}D")
            path = fresh() + ".yaml"
            with open(path, "w") as file:
                file.write(text)
            simulated = subprocess.run([program, "policy", "simulate", path, "--json"], check=True, capture_output=True, env=dict(environment, STRONGROOM_ARCHIVE=filled[name]))
            measure("activation over 200,000 objects", name, "policy", "activate", path, "--accept-impact", json.loads(simulated.stdout)["digest"], STRONGROOM_ARCHIVE=filled[name])
    sizes = {}
    for name in programs:
        with sqlite3.connect(f"file:{archives[name]}/index.sqlite?mode=ro", uri=True) as index:
            sizes[name] = index.execute("SELECT sum(pgsize - unused) FROM dbstat WHERE name <> 'sqlite_schema'").fetchone()[0] / 200e3
    for number in range(10 * ROUNDS):
        for name in programs:
            measure("one case of 200,000 objects listed", name, "case", "list", "--limit", "1", STRONGROOM_ARCHIVE=filled[name])
    for number in range(ROUNDS):
        for name, (program, bench) in programs.items():
            path = fresh()
            quiet(program, "init", STRONGROOM_ARCHIVE=path)
            subprocess.run([bench, "fill", path, environment["STRONGROOM_ROOT_KEY_FILE"], "40000", "8000"], check=True, capture_output=True, env=environment)
            own = dict(environment, STRONGROOM_ARCHIVE=path)
            simulated = subprocess.run([program, "policy", "simulate", house, "--json"], check=True, capture_output=True, env=own)
            quiet(program, "policy", "activate", house, "--accept-impact", json.loads(simulated.stdout)["digest"], STRONGROOM_ARCHIVE=path)
            refused = subprocess.run([program, "purge", "run"], capture_output=True, env=own).stderr.decode()
            measure("destroying 8,000 of 40,000 objects", name, "purge", "run", "--accept-impact", refused.rsplit(" ", 1)[1].strip(), STRONGROOM_ARCHIVE=path)
    rows = [("whole process", "ms now", "ms before", "now ÷ before")]
    for what, values in walls.items():
        # The first round warms up, where there is one to spare.
        now, before = (values[name][1:] or values[name] for name in ("now", "before"))
        ratio = statistics.median(a / b for a, b in zip(now, before))
        rows.append((what, f"{statistics.median(now) * 1000:,.0f}", f"{statistics.median(before) * 1000:,.0f}", f"{ratio:.2f}"))
    rows.append(("index of 200 answers, kB an answer", f"{sizes['now']:.2f}", f"{sizes['before']:.2f}", f"{sizes['now'] / sizes['before']:.2f}"))
    table("This version and the last in which each writer commits alone", rows)


class Simulator:
    def __init__(self, *arguments):
        port = fresh()
        self.process = subprocess.Popen(["faceid-simulator", "serve", "--port-file", port, *arguments], env=environment, stdout=subprocess.DEVNULL)
        while not os.path.exists(port):
            time.sleep(0.02)
        self.url = "http://127.0.0.1:" + open(port).read().strip()

    def end(self):
        self.process.terminate()
        self.process.wait()


def pull(tokens, rate, simulator):
    archive = fresh()
    quiet("strongroom", "init", STRONGROOM_ARCHIVE=archive)
    if rate != 20:
        with open(archive + "/strongroom.yaml") as file:
            uid = file.read().split("archive: ")[1].split()[0]
        path = f"{place}/config/strongroom/{uid}.yaml"
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("requests-per-second: 20", f"requests-per-second: {rate}"))
    path = fresh() + ".csv"
    with open(path, "w") as file:
        file.write("case,sdk-token\n" + "".join(f"P-{number},{token}\n" for number, token in enumerate(tokens)))
    return run(["strongroom", "pull", "--from", path, "--endpoint", simulator.url], STRONGROOM_ARCHIVE=archive)


def pulls():
    simulator = Simulator("--rate", "1000")
    rows = [("pull", "answers a second", "cores used", "peak MiB")]
    for title, rate in (("200 answers of 3 MB, the vendor's limit", 20), ("the same, without a limit", 1000)):
        values = [pull([f"size=2150k~{rate}-{round}-{number}" for number in range(200)], rate, simulator) for round in range(min(ROUNDS, 3))]
        rows.append((title, f"{statistics.median(200 / v['wall'] for v in values):.1f}",
                     f"{statistics.median(v['cpu'] / v['wall'] for v in values):.2f}", f"{statistics.median(v['MiB'] for v in values):.0f}"))
    small = statistics.median(pull([f"small-{round}-{number}" for number in range(1)], 1000, simulator)["MiB"] for round in range(ROUNDS))
    large = statistics.median(pull([f"size=21M~large-{round}-{number}" for number in range(16)], 1000, simulator)["MiB"] for round in range(ROUNDS))
    rows.append(("16 at once of 28 MB", "", "", f"{large:.0f}"))
    rows.append(("one of 55 kB", "", "", f"{small:.0f}"))
    simulator.end()
    table("Pull from the simulator", rows)
    print(f"\nAbove a pull of one small answer, 16 large ones at once take {large - small:.0f} MiB.")


def retrieval():
    archive = fresh()
    quiet("strongroom", "init", STRONGROOM_ARCHIVE=archive)
    answers = fresh()
    os.makedirs(answers)
    os.makedirs(answers + "-media")
    path = fresh() + ".csv"
    with open(path, "w") as file:
        file.write("case,file,captured-at\n")
        for number in range(10_000):
            frame = b"\xff\xd8\xff\xe0" + os.urandom(20_000)
            with open(f"{answers}/{number}.json", "w") as answer:
                json.dump({"Response": {"Result": "0", "BestFrame": base64.b64encode(frame).decode(), "RequestId": str(number)}}, answer)
            with open(f"{answers}-media/{number}.jpg", "wb") as media:
                media.write(frame)
            file.write(f"K-{number},{answers}/{number}.json,2026-01-01T00:00:00Z\n")
    quiet("strongroom", "import", "--from", path, STRONGROOM_ARCHIVE=archive)
    repository = fresh()
    quiet("restic", "-r", repository, "init")
    quiet("restic", "-r", repository, "backup", "-q", answers + "-media")
    ours, theirs = [], []
    for number in range(0, 20 * ROUNDS, 4):
        ours.append(run(["strongroom", "retrieve", f"K-{number * 97 % 10_000}", "--reason", "bench", "--media", "best-frame", "--output", "-"], STRONGROOM_ARCHIVE=archive)["wall"])
        theirs.append(run(["restic", "-r", repository, "dump", "latest", f"{answers}-media/{number * 97 % 10_000}.jpg"])["wall"])
    table("One best frame by case ID, of 10,000 cases, whole process", [
        ("program", "median ms", "slowest ms"),
        ("strongroom retrieve", f"{statistics.median(ours) * 1000:.0f}", f"{max(ours) * 1000:.0f}"),
        ("restic dump", f"{statistics.median(theirs) * 1000:.0f}", f"{max(theirs) * 1000:.0f}")])


def ledger():
    bench, sizes = os.environ["LEDGER_BENCH"], (1_000, 1_000_000)
    archives = {}
    for size in sizes:
        archives[size] = archive = fresh()
        quiet("strongroom", "init", STRONGROOM_ARCHIVE=archive)
        filled = json.loads(subprocess.run([bench, "fill", archive, environment["STRONGROOM_ROOT_KEY_FILE"], str(size)], check=True, capture_output=True).stdout)
        quiet("strongroom", "audit", "checkpoint", STRONGROOM_ARCHIVE=archive)

    def median(command, archive, count=20):
        return statistics.median(run(command(number), STRONGROOM_ARCHIVE=archive)["wall"] for number in range(count)) * 1000

    rows = [("entries", "open, list a case: ms", "proof: ms (slowest)", "consistency: ms (slowest)", "a whole case: ms (slowest)", "of entries", "audit prove, whole process: ms")]
    opening = {size: [] for size in sizes}
    for number in range(8 * ROUNDS):
        for size in sizes:
            opening[size].append(run(["strongroom", "case", "list", "--limit", "1"], STRONGROOM_ARCHIVE=archives[size])["wall"] * 1000)
    for size in sizes:
        proved = json.loads(subprocess.run([bench, "prove", archives[size]], check=True, capture_output=True).stdout)
        whole = median(lambda number: ["strongroom", "audit", "prove", str(number * 49), "--out", fresh()], archives[size])
        rows.append((f"{size:,}", f"{statistics.median(opening[size]):.1f}", f"{proved['inclusion']:.2f} ({proved['inclusionWorst']:.1f})",
                     f"{proved['consistency']:.2f} ({proved['consistencyWorst']:.1f})",
                     f"{proved['strand']:.2f} ({proved['strandWorst']:.1f})", proved["strandEntries"], f"{whole:.1f}"))
    table("The ledger, by its length", rows)

    big = archives[1_000_000]
    rows = [("of 1,000,000 entries", "ms")]
    for name, after in (("the first page", ["--from-start"]), ("a page in the middle", ["--after", "500000"]), ("the newest page", [])):
        for what, filters in (("", []), (" of one kind", ["--kind", "case registered"]), (" since a time", ["--since", "2026-01-01T00:00:00Z"])):
            rows.append((f"audit log, 50 lines: {name}{what}", f"{median(lambda _: ['strongroom', 'audit', 'log', '--json', *after, *filters], big):.1f}"))
    export = fresh()
    seconds = run(["strongroom", "audit", "export", "--out", export], STRONGROOM_ARCHIVE=big)["wall"]
    rows.append(("audit export", f"{seconds * 1000:.0f}"))
    checks = [run(["taskset", "-c", "0", "strongroom", "audit", "verify", export]) for _ in range(ROUNDS)]
    rows.append(("audit verify of the export, on one core", f"{statistics.median(check['wall'] for check in checks) * 1000:.0f}"))
    rows.append((f"… its peak memory: {statistics.median(check['MiB'] for check in checks):.0f} MiB", ""))
    rows.append((f"appending, a thousand in a transaction: {filled['microseconds']:.0f} µs an entry", ""))
    table("A ledger of a million entries, whole processes", rows)


def retention():
    bench, policies = os.environ["RETENTION_BENCH"], os.path.join(HERE, "../../policies")
    house = policies + "/hk-amlo.yaml"
    files = sorted(os.path.join(policies, name) for name in os.listdir(policies) if name.endswith(".yaml") and name != "contract-end.yaml")

    def measured(*command):
        return json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)

    rows = [("policies active together", "decisions a second, one core")]
    for chosen in ([house], files):
        rates = [measured("taskset", "-c", "0", bench, "decide", *chosen)["perSecond"] for _ in range(ROUNDS)]
        rows.append((len(chosen), f"{statistics.median(rates):,.0f}"))
    table("Deciding, with all reasons", rows)

    def archive(objects, due):
        path = fresh()
        quiet("strongroom", "init", STRONGROOM_ARCHIVE=path)
        measured(bench, "fill", path, environment["STRONGROOM_ROOT_KEY_FILE"], str(objects), str(due))
        return path

    def activate(path, policy):
        simulated = subprocess.run(["strongroom", "policy", "simulate", policy, "--json"], check=True, capture_output=True, env=dict(environment, STRONGROOM_ARCHIVE=path))
        return ["strongroom", "policy", "activate", policy, "--accept-impact", json.loads(simulated.stdout)["digest"]]

    small, big = archive(10_000, 1000), archive(1_000_000, 1000)
    rows = [("activating a policy over", "wall s", "CPU s", "peak MiB")]
    for path, count in ((small, 10_000), (big, 1_000_000)):
        done = run(activate(path, house), STRONGROOM_ARCHIVE=path)
        rows.append((f"{count:,} objects", f"{done['wall']:.1f}", f"{done['cpu']:.1f}", f"{done['MiB']:.0f}"))
    table("Activation, its impact shown first", rows)

    rows = [("with", "status ms", "reconciling s", "peak MiB")]
    for path, count in ((small, 10_000), (big, 1_000_000)):
        looks = [run(["strongroom", "status"], STRONGROOM_ARCHIVE=path)["wall"] * 1000 for _ in range(ROUNDS + 1)]
        # What was filled in has no blobs and no openings: all of it is found.
        done = run(["strongroom", "audit", "reconcile", "--json"], codes=(0, 4), STRONGROOM_ARCHIVE=path)
        rows.append((f"{count:,} objects", f"{statistics.median(looks[1:]):.0f}", f"{done['wall']:.1f}", f"{done['MiB']:.0f}"))
    table("Looking at an archive, whole process", rows)

    plans = {small: [], big: []}
    for number in range(4 * ROUNDS + 1):
        for path, values in plans.items():
            value = run(["strongroom", "purge", "plan", "--out", fresh()], STRONGROOM_ARCHIVE=path)["wall"] * 1000
            if number > 0:
                values.append(value)
    ratio = statistics.median(b / a for a, b in zip(plans[small], plans[big]))
    table("Planning 1,000 due objects, whole process", [
        ("of", "median ms"), ("10,000 objects", f"{statistics.median(plans[small]):.1f}"),
        ("1,000,000 objects", f"{statistics.median(plans[big]):.1f}"), ("ratio", f"{ratio:.2f}")])

    # Others who write while another version becomes active.
    with open(house) as file:
        text = file.read().replace("version: 1", "version: 2").replace("P90D", "P80D")
    second = fresh() + ".yaml"
    with open(second, "w") as file:
        file.write(text)
    command = activate(big, second)
    alone = [run(["strongroom", "case", "event", f"B-{number * 7 + 3}", "relationship-ended"], STRONGROOM_ARCHIVE=big)["wall"] * 1000 for number in range(20)]
    process = subprocess.Popen(command, env=dict(environment, STRONGROOM_ARCHIVE=big), stdout=subprocess.DEVNULL)
    beside = []
    while process.poll() is None:
        beside.append(run(["strongroom", "case", "event", f"B-{len(beside) * 7 + 1003}", "relationship-ended"], STRONGROOM_ARCHIVE=big)["wall"] * 1000)
    table("An event recorded while a policy becomes active over 1,000,000 objects, whole process", [
        ("", "median ms", "slowest ms", "how many"),
        ("alone", f"{statistics.median(alone):.0f}", f"{max(alone):.0f}", len(alone)),
        ("beside the activation", f"{statistics.median(beside):.0f}", f"{max(beside):.0f}", len(beside))])

    doomed = archive(100_000, 20_000)
    done = run(activate(doomed, house), STRONGROOM_ARCHIVE=doomed)
    refused = subprocess.run(["strongroom", "purge", "run"], capture_output=True, env=dict(environment, STRONGROOM_ARCHIVE=doomed)).stderr.decode()
    done = run(["strongroom", "purge", "run", "--accept-impact", refused.rsplit(" ", 1)[1].strip()], STRONGROOM_ARCHIVE=doomed)
    table("Destroying 20,000 of 100,000 objects, with entries, blobs and all", [
        ("wall s", "CPU s", "objects a second", "peak MiB"),
        (f"{done['wall']:.1f}", f"{done['cpu']:.1f}", f"{20_000 / done['wall']:,.0f}", f"{done['MiB']:.0f}")])


def holds():
    bench = os.environ["RETENTION_BENCH"]

    def measured(*command):
        return json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)

    def archive(objects, due):
        path = fresh()
        quiet("strongroom", "init", STRONGROOM_ARCHIVE=path)
        measured(bench, "fill", path, environment["STRONGROOM_ROOT_KEY_FILE"], str(objects), str(due))
        # What fills it writes no note of the entries about holds; the program does so as it goes, and once here.
        quiet("strongroom", "hold", "place", "--matter", "none", "--reason", "measured", "--review-by", "2099-01-01", "--case", "nobody", STRONGROOM_ARCHIVE=path)
        return path

    def place(path, matter, *scope):
        """Seconds until the answer stands there, until what is taken in is pinned, and until the command has ended; the answer."""
        command = ["strongroom", "hold", "place", "--matter", matter, "--reason", "measured", "--review-by", "2099-01-01", "--json", *scope]
        begin = time.monotonic()
        process = subprocess.Popen(command, env=dict(environment, STRONGROOM_ARCHIVE=path), stdout=subprocess.PIPE)
        answer = b""
        while not answer.rstrip().endswith(b"}"):
            answer += os.read(process.stdout.fileno(), 1 << 20)
        answered = time.monotonic() - begin
        index = sqlite3.connect(f"file:{path}/index.sqlite?mode=ro", uri=True)
        while index.execute("SELECT 1 FROM hold_clause WHERE compiled_upto < compile_to LIMIT 1").fetchone():
            time.sleep(0.05)
        pinned = time.monotonic() - begin
        index.close()
        process.wait()
        return answered, pinned, time.monotonic() - begin, json.loads(answer)

    big = archive(1_000_000, 0)
    names = fresh()
    with open(names, "w") as file:
        file.write("case\n" + "".join(f"B-{number}\n" for number in range(100_000)))
    answered, pinned, ended, answer = place(big, "list", "--cases", names)
    rows = [("order over 1,000,000 objects", "held objects", "answered after s", "pinned after s", "all decided anew after s"),
            ("100,000 cases from a file", f"{answer['heldObjects']:,}", f"{answered:.2f}", f"{pinned:.2f}", f"{ended:.2f}")]
    stop = fresh()
    waiting = subprocess.Popen([bench, "wait", big, stop], stdout=subprocess.PIPE, env=environment)
    time.sleep(1)
    tries = [
        place(big, f"expression {number}", "--where", "jurisdiction = HK and media in (video, action-video)")
        for number in range(ROUNDS)]
    answered, pinned, ended = (statistics.median(tried[column] for tried in tries) for column in range(3))
    answer = tries[0][3]
    rows.append(("jurisdiction = HK and media in (video, action-video)", f"{answer['heldObjects']:,}", f"{answered:.2f}", f"{pinned:.2f}", f"{ended:.2f}"))
    open(stop, "w").close()
    waits = json.loads(waiting.communicate()[0])
    answered, pinned, ended, answer = place(big, "everything", "--everything")
    rows.append(("everything", f"{answer['heldObjects']:,}", f"{answered:.2f}", f"{pinned:.2f}", f"{ended:.2f}"))
    table("Placing a hold, whole process", rows)
    table("A small write of another process meanwhile (expression)", [
        ("median ms", "99th percentile ms", "slowest ms", "how many"),
        (f"{waits['median']:.1f}", f"{waits['p99']:.1f}", f"{waits['most']:.1f}", waits["count"])])

    plain, held = archive(100_000, 20_000), archive(100_000, 20_000)
    inserts = {"without": [], "with": []}
    for _ in range(ROUNDS):
        inserts["without"].append(measured(bench, "insert", plain, "20000")["milliseconds"])
    measured(bench, "hold", held, environment["STRONGROOM_ROOT_KEY_FILE"], "1000")
    for _ in range(ROUNDS):
        inserts["with"].append(measured(bench, "insert", held, "20000")["milliseconds"])
    without, beside = (statistics.median(inserts[name]) for name in ("without", "with"))
    table("Inserting an object into the index", [
        ("holds in force", "ms an object"), ("none", f"{without:.3f}"), ("1,000 clauses", f"{beside:.3f}"), ("slower by", f"{beside - without:.3f}")])
    house = os.path.join(HERE, "../../policies/hk-amlo.yaml")
    rates = {}
    for name, path in (("none", plain), ("1,000", held)):
        simulated = subprocess.run(["strongroom", "policy", "simulate", house, "--json"], check=True, capture_output=True, env=dict(environment, STRONGROOM_ARCHIVE=path))
        quiet("strongroom", "policy", "activate", house, "--accept-impact", json.loads(simulated.stdout)["digest"], STRONGROOM_ARCHIVE=path)
        refused = subprocess.run(["strongroom", "purge", "run"], capture_output=True, env=dict(environment, STRONGROOM_ARCHIVE=path)).stderr.decode()
        done = run(["strongroom", "purge", "run", "--accept-impact", refused.rsplit(" ", 1)[1].strip()], STRONGROOM_ARCHIVE=path)
        rates[name] = 20_000 / done["wall"]
    table("Destroying 20,000 of 100,000 objects", [
        ("holds in force", "objects a second"), *((name, f"{rate:,.0f}") for name, rate in rates.items()),
        ("ratio", f"{rates['1,000'] / rates['none']:.2f}")])


try:
    print(f"{os.cpu_count()} cores, medians of {ROUNDS} rounds, side by side", flush=True)
    parts = os.environ.get("BENCH_PARTS", "imports small earlier pulls retrieval ledger retention holds").split()
    if "imports" in parts or "pulls" in parts or "earlier" in parts:
        answers = make_answers(200)
    if "imports" in parts:
        imports(answers)
    if "small" in parts:
        small()
    if "earlier" in parts:
        earlier(answers)
    if "pulls" in parts:
        pulls()
    if "retrieval" in parts:
        retrieval()
    if "ledger" in parts:
        ledger()
    if "retention" in parts:
        retention()
    if "holds" in parts:
        holds()
finally:
    shutil.rmtree(place, ignore_errors=True)
