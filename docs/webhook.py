"""What a webhook gets, and how its receiver checks it: shown on the page of channels."""

from typing import Final

WEBHOOK: Final = """```json
{"version": 1, "key": "7.firing.1.ops", "kind": "firing", "rule": "high_failure_rate", "severity": "critical",
 "incident": {"id": 7, "value": 0.42, "peak": 0.5, "startedAt": "2026-11-23T14:32:08.000Z"},
 "title": "critical: high_failure_rate fires", "text": "…", "links": {"link": "…", "acknowledge": "…"},
 "recipients": []}
```

```python
import hashlib, hmac, time

def is_ours(secret: str, header: str, body: bytes) -> bool:
    parts = dict(part.split("=", 1) for part in header.split(","))  # X-Scrapewatch-Signature: t=…,v1=…
    wanted = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300
```"""
