"""(d) The program of single-shot.mjs with boto3. It has the interface of worker.mjs, and no event loop."""

import json
import resource
import sys
import time

started, cpu = time.perf_counter(), time.process_time()
import hashlib  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from urllib.parse import urlsplit  # noqa: E402

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

CHUNK_BYTES = 1_000
BATCH = 50
# The connections of one client. The default of boto3 is 10.
AT_ONCE = 16


def client_of(server):
    keys = server["client"]["credentials"]
    client = boto3.client(
        "cloudfront-keyvaluestore",
        region_name="us-east-1",
        aws_access_key_id=keys["accessKeyId"],
        aws_secret_access_key=keys["secretAccessKey"],
        config=Config(max_pool_connections=AT_ONCE),
    )

    # If the endpoint were an option, boto3 would send requests to `http://<account>.127.0.0.1`.
    def redirect(request, **_):
        request.url = server["endpoint"] + "/" + request.url.split("/", 3)[3]

    client.meta.events.register_first("request-created.cloudfront-keyvaluestore", redirect)
    return client


def dump(value):
    return json.dumps(value, separators=(",", ":"))


def id_of(url):
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def table_keys(router, entries):
    text = dump(entries)
    if len(text) <= CHUNK_BYTES:
        return {f"{router}:routes": text}
    chunks = [text[n : n + CHUNK_BYTES] for n in range(0, len(text), CHUNK_BYTES)]
    keys = {f"{router}:routes:{n}": chunk for n, chunk in enumerate(chunks)}
    return {f"{router}:routes": dump({"parts": len(chunks)}), **keys}


def run(job):
    arn, router, routes = job["arn"], job["router"], job["routes"]
    client = client_of(job["server"])

    def get(key):
        try:
            return client.get_key(KvsARN=arn, Key=key)["Value"]
        except client.exceptions.ResourceNotFoundException:
            return None

    etag = client.describe_key_value_store(KvsARN=arn)["ETag"]
    key = f"{router}:routes"
    root = get(key)
    stored, entries = {}, []
    if root is not None:
        stored[key] = root
        entries = json.loads(root)
        if isinstance(entries, dict):
            names = [f"{key}:{n}" for n in range(entries["parts"])]
            with ThreadPoolExecutor(AT_ONCE) as pool:
                chunks = list(pool.map(get, names))
            stored.update(zip(names, chunks))
            entries = json.loads("".join(chunks))

    wanted = {path: f"url,{id_of(url)},,{path}" for path, url in routes.items()}
    standing = {entry.split(",")[3] for entry in entries}
    after = [wanted.get(entry.split(",")[3], entry) for entry in entries]
    after += [entry for path, entry in wanted.items() if path not in standing]
    old = {entry.split(",")[1] for entry in entries}
    new = {entry.split(",")[1] for entry in after}

    changes = []
    for url in dict.fromkeys(routes.values()):
        if id_of(url) not in old:
            metadata = dump({"host": urlsplit(url).hostname, "origin": {}})
            changes.append((f"{id_of(url)}:metadata", metadata))
    changes += [(k, v) for k, v in table_keys(router, after).items() if stored.get(k) != v]
    changes += [(f"{name}:metadata", None) for name in old - new]
    for n in range(0, len(changes), BATCH):
        batch = changes[n : n + BATCH]
        etag = client.update_keys(
            KvsARN=arn,
            IfMatch=etag,
            Puts=[{"Key": k, "Value": v} for k, v in batch if v is not None],
            Deletes=[{"Key": k} for k, v in batch if v is None],
        )["ETag"]


def peak_mb():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1_024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def say(**message):
    print(json.dumps(message), flush=True)


def since(then, cpu_then):
    return (time.perf_counter() - then) * 1_000, (time.process_time() - cpu_then) * 1_000


ms, cpu_ms = since(started, cpu)
say(importMs=ms, importCpuMs=cpu_ms, peakMb=peak_mb())
for line in sys.stdin:
    job = json.loads(line)
    then, cpu_then = time.perf_counter(), time.process_time()
    answer = {"failed": []}
    try:
        run(job)
    except Exception as error:  # noqa: BLE001 -- the error is the answer
        answer = {"error": str(error)}
    ms, cpu_ms = since(then, cpu_then)
    say(ms=ms, cpuMs=cpu_ms, loopMaxMs=None, loopP99Ms=None, peakMb=peak_mb(), **answer)
