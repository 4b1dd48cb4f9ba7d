// The main journeys in Firefox, over WebDriver BiDi: node firefox.js ADDRESS USER PASSWORD OTHERS THIRD
// Says each step on a line of its own; a step that does not come about ends it with what the page showed.
// OTHERS (with commas between) are called in turn until one is not busy.
const puppeteer = require("puppeteer-core");

const [address, user, password, others, third] = process.argv.slice(2);
const PATIENCE = 60_000;

async function main() {
  const browser = await puppeteer.launch({browser: "firefox", executablePath: process.env.FIREFOX, headless: true});
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  await page.setViewport({width: 1440, height: 900});
  const shown = (look, given = null, timeout = PATIENCE) => page.waitForFunction(look, {timeout, polling: 100}, given);
  const doing = (words, patience) => shown((w) => document.querySelector("h1")?.innerText.includes(w), words, patience);
  const say = (step) => console.log(step);
  try {
    await page.goto(`${address}/phone`);
    await page.waitForSelector("harmony-sign-in input[name=user]");
    await page.type("input[name=user]", user);
    await page.type("input[name=password]", password);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".side");
    await doing("You are free");
    say("signed in");

    for (let n = 0; ; n++) {
      await page.type(".dial input[name=to]", others.split(",")[n % others.split(",").length]);
      await page.keyboard.press("Enter");
      try {
        await doing("talk", 15_000);
        break;
      } catch (error) {
        if (n > 5) throw error;
      }
    }
    await page.evaluate(() => document.activeElement?.blur());
    say("called");

    await page.keyboard.press("t");
    await page.waitForSelector(".move input");
    await page.type(".move input", third);
    await page.keyboard.down("Shift");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Shift");
    await doing("You are free");
    say("transferred");

    await page.goto(`${address}/calls?number=${third}`);
    await shown(() => document.querySelectorAll("tr[data-call]").length > 0);
    say("found");
    await page.goto(`${address}/live`);
    await shown(() => document.documentElement.dataset.connection === "live");
    say("live");
    if (wrong.length) throw new Error(`the page complained: ${wrong}`);
  } catch (error) {
    console.log(`${error}; the page showed: ${await page.evaluate(() => document.body.innerText)}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

main();
