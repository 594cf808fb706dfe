// Server-sent events of a response to POST, which EventSource cannot send (WHATWG HTML, section 9.2).
export async function* readEvents(response) {
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    throw new Error(`status ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = parsed(text.slice(0, end));
      text = text.slice(end + 2);
      if (event.data) yield { event: event.event, data: JSON.parse(event.data) };
    }
  }
}

function parsed(block) {
  const fields = { event: "message", data: "" };
  for (const line of block.split("\n")) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] += name === "data" ? value : "";
    if (name === "event") fields.event = value;
  }
  return fields;
}
