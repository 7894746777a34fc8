"""Walks through the pin pages as a person does, in a headless Chromium that is steered over its DevTools protocol.

usage: pin_pages.py CHROMIUM PORT NODE
  PORT  of a balancer on 127.0.0.1
  NODE  an online node, whose pages name it in <b id="node">

Prints one JSON object with what it saw; what is right is judged by the test.
"""

import asyncio
import json
import sys
import tempfile

import aiohttp

CHROMIUM, PORT, NODE = sys.argv[1:4]
BASE = f"http://127.0.0.1:{PORT}"
# The same balancer by another name: for a browser another site.
OTHER = f"http://localhost:{PORT}"
PATIENCE = 30

# Runs in each page before anything of it does; what DevTools adds is not subject to the page's policy.
LISTENER = """
window.violations = [];
addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective + ' ' + e.blockedURI));
"""


class Browser:
    def __init__(self, socket):
        self.socket = socket
        self.number = 0
        self.answers = {}
        self.session = None
        self.requests = []
        self.documents = []
        self.complaints = []

    async def read(self):
        async for message in self.socket:
            data = json.loads(message.data)
            if "id" in data:
                self.answers.pop(data["id"]).set_result(data)
                continue
            method, params = data["method"], data.get("params", {})
            if method == "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            elif method == "Network.responseReceived" and params["type"] == "Document":
                response = params["response"]
                self.documents.append({"url": response["url"], "status": response["status"],
                                       "headers": {k.lower(): v for k, v in response["headers"].items()}})
            elif method == "Audits.issueAdded" and params["issue"]["code"] == "ContentSecurityPolicyIssue":
                self.complaints.append(json.dumps(params["issue"]["details"]))
            elif method == "Page.javascriptDialogOpening":
                self.complaints.append("a dialog opened: " + params["message"])

    async def call(self, method, **params):
        self.number += 1
        number = self.number
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        await self.socket.send_json(message)
        data = await asyncio.wait_for(answer, PATIENCE)
        if "error" in data:
            raise RuntimeError(f"{method}: {data['error']}")
        return data["result"]

    async def script(self, expression):
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    async def arrive(self, leave):
        """Has `leave` lead away from this page, and waits until the next one is there whole."""
        await self.script("window.isLeft = true")
        await leave
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    if await self.script("!window.isLeft && document.readyState === 'complete'"):
                        return
                # Between two pages there is nothing to ask.
                except RuntimeError:
                    pass
                await asyncio.sleep(0.02)

    async def go(self, url):
        await self.arrive(self.call("Page.navigate", url=url))

    async def reload(self):
        await self.arrive(self.call("Page.reload"))

    async def click(self, selector):
        await self.arrive(self.script(f"document.querySelector({json.dumps(selector)}).click()"))

    async def language(self, accepted):
        await self.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": accepted})

    async def page(self):
        """What a person sees, and what must not be there."""
        shown = await self.script("""({
            title: document.title,
            languages: [...document.querySelectorAll('section')].map(s => s.lang),
            headings: [...document.querySelectorAll('h1')].map(h => h.textContent),
            strong: [...document.querySelectorAll('strong')].map(s => s.textContent),
            choices: [...document.querySelectorAll('li a')].map(a => a.getAttribute('href')),
            text: document.body.innerText,
            active: document.querySelectorAll('script,img,iframe,object,embed,link,[onerror],[onload]').length,
            width: getComputedStyle(document.querySelector('main')).maxWidth,
            violations: window.violations,
        })""")
        shown["status"] = self.documents[-1]["status"]
        shown["policy"] = self.documents[-1]["headers"].get("content-security-policy", "")
        return shown

    async def where(self):
        """The node that served this page, and how it was chosen."""
        node = await self.script("document.getElementById('node')?.textContent")
        return {"node": node, "via": self.documents[-1]["headers"].get("x-routed-via")}

    async def pin(self):
        cookies = (await self.call("Network.getCookies", urls=[BASE]))["cookies"]
        return [{"value": c["value"], "httpOnly": c["httpOnly"], "sameSite": c.get("sameSite")}
                for c in cookies if c["name"] == "KUMA_FIXED_NODE"]


async def walk(browser):
    seen = {}
    for name, accepted in [("en", "en-GB,en;q=0.9"), ("zh", "zh-TW,zh;q=0.9,en;q=0.5"), ("both", "fr")]:
        await browser.language(accepted)
        await browser.go(f"{BASE}/lb/fixed-node/{NODE}")
        steps = {"pinned": await browser.page(), "cookie": await browser.pin()}
        await browser.click('a[href="/"]')
        steps["opened"] = await browser.where()
        steps["reloads"] = []
        for _ in range(3):
            await browser.reload()
            steps["reloads"].append(await browser.where())
        await browser.go(f"{BASE}/lb/fixed-node/{NODE}")
        await browser.click('a[href="/lb/clear-fixed-node"]')
        steps["cleared"] = await browser.page()
        steps["noCookie"] = await browser.pin()
        await browser.click('a[href="/"]')
        steps["free"] = await browser.where()
        await browser.go(f"{BASE}/lb/fixed-node/%3Cscript%3Ealert(1)%3Cimg%20src=x%20onerror=alert(2)%3E")
        steps["refused"] = await browser.page()
        steps["stillNoCookie"] = await browser.pin()
        await browser.click(f'li a[href="/lb/fixed-node/{NODE}"]')
        steps["picked"] = await browser.page()
        await browser.go(f"{BASE}/lb/clear-fixed-node")
        seen[name] = steps

    # A link on another site leads here.
    await browser.language("en")
    await browser.go(f"{OTHER}/")
    await browser.arrive(browser.script(f"location.href = '{BASE}/lb/fixed-node/{NODE}'"))
    seen["foreign"] = {"asked": await browser.page(), "cookie": await browser.pin()}
    await browser.click("main a")
    seen["foreign"]["confirmed"] = await browser.page()
    seen["foreign"]["pinned"] = await browser.pin()

    seen["complaints"] = list(browser.complaints)
    seen["elsewhere"] = sorted({u for u in browser.requests if not u.startswith((BASE + "/", OTHER + "/"))})
    # That a violation would have been seen: this style has no nonce.
    await browser.script("document.head.appendChild(document.createElement('style')).textContent = 'p{color:red}'")
    await browser.script("document.body.appendChild(document.createElement('img')).src = 'http://192.0.2.1/x.png'")
    await browser.script("new Promise(r => setTimeout(r, 0))")
    seen["control"] = await browser.script("window.violations")
    return seen


async def main():
    with tempfile.TemporaryDirectory(prefix="kuma-chromium-") as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
        try:
            address = None
            async with asyncio.timeout(PATIENCE):
                async for line in process.stderr:
                    text = line.decode(errors="replace")
                    if "DevTools listening on " in text:
                        address = text.split("DevTools listening on ")[1].strip()
                        break
            if address is None:
                raise RuntimeError("Chromium ended before it listened")
            drain = asyncio.create_task(process.stderr.read())
            async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
                browser = Browser(socket)
                reader = asyncio.create_task(browser.read())
                target = await browser.call("Target.createTarget", url="about:blank")
                attached = await browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                browser.session = attached["sessionId"]
                for domain in ["Page", "Network", "Runtime", "Audits"]:
                    await browser.call(f"{domain}.enable")
                await browser.call("Page.addScriptToEvaluateOnNewDocument", source=LISTENER)
                print(json.dumps(await walk(browser), ensure_ascii=False))
                reader.cancel()
            drain.cancel()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


asyncio.run(main())
