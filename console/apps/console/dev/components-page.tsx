// Every shared component in every state, to be looked at and to be tested. Only in a demo and while developing.
import { Inbox } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ApiError } from "../../../lib/api/http";
import { useAreaTexts } from "../../../lib/i18n/areas";
import { Avatar } from "../../../lib/ui/avatar";
import { Badge } from "../../../lib/ui/badge";
import { Button, IconButton } from "../../../lib/ui/button";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { DataTable } from "../../../lib/ui/data-table";
import { Dialog } from "../../../lib/ui/dialog";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts, Payload } from "../../../lib/ui/facts";
import { Select, TextArea, TextField, Toggle } from "../../../lib/ui/fields";
import { Keys } from "../../../lib/ui/keys";
import { Menu, MenuChoices, MenuItem, MenuLine } from "../../../lib/ui/menu";
import { Page, Section } from "../../../lib/ui/page";
import { PolicyReason } from "../../../lib/ui/policy-reason";
import { PresenceDot } from "../../../lib/ui/presence-dot";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { TimeSeries } from "../../../lib/ui/time-series";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useDemoIdentities } from "../session/demo";

const REFUSED = new ApiError(409, "SAMPLE", "The server says in a sentence what is wrong.", "01234567-89ab", {});
const CHANNELS = ["whatsapp", "sms", "email", "chat", "voice"] as const;
const DIMENSIONS = ["role", "state", "scope", "evidence", "identity", "assignment", "scheduling", "billing", "concurrency", "policy"] as const;

export function ComponentsPage() {
  const areas = useAreaTexts();
  const demo = useDemoIdentities().length > 0;
  if (!demo && !import.meta.env.DEV) return null;
  return (
    <Page title={areas.components}>
      <div lang="en">
        <Buttons />
        <Fields />
        <Marks />
        <Tables />
        <States />
        <Layers />
      </div>
    </Page>
  );
}

function Buttons() {
  return (
    <Section title="Button, IconButton">
      <Row>
        <Button look="primary">Primary</Button>
        <Button>Outline</Button>
        <Button look="quiet">Quiet</Button>
        <Button look="danger">Danger</Button>
        <Button look="primary" disabled>
          Disabled
        </Button>
        <IconButton label="Icon button">
          <Inbox className="size-4" />
        </IconButton>
        <Keys keys="Mod K" />
      </Row>
    </Section>
  );
}

function Fields() {
  const [on, setOn] = useState<"on" | "off">("on");
  return (
    <Section title="TextField, TextArea, Select, Toggle">
      <div className="grid max-w-3xl gap-4 sm:grid-cols-2">
        <TextField label="Empty" hint="with a hint" />
        <TextField label="Filled" defaultValue="Something" />
        <TextField label="Wrong" defaultValue="Nothing good" error="This is what is wrong." />
        <TextField label="Disabled" defaultValue="Not now" disabled />
        <TextArea label="Longer text" defaultValue="Several words" />
        <Select label="One of several">
          <option>First</option>
          <option>Second</option>
        </Select>
        <Toggle label="On or off" checked={on === "on"} onChange={(event) => setOn(event.target.checked ? "on" : "off")} />
        <Toggle label="Wrong" error="This is what is wrong." />
      </div>
    </Section>
  );
}

function Marks() {
  return (
    <Section title="Badge, Avatar, PresenceDot, ChannelIcon">
      <Row>
        <Badge>Plain</Badge>
        <Badge tone="good">Good</Badge>
        <Badge tone="warn">Warning</Badge>
        <Badge tone="bad">Bad</Badge>
        <Avatar name="Ada Admin" size="sm" />
        <Avatar name="Maya Martin" />
        <Avatar name="Sam Supervisor" size="lg" />
        <PresenceDot status="online" />
        <PresenceDot status="away" />
        <PresenceDot status="offline" />
        {CHANNELS.map((channel) => (
          <ChannelIcon key={channel} channel={channel} className="size-5" />
        ))}
      </Row>
    </Section>
  );
}

function Tables() {
  const rows = [
    { id: "1", name: "First row", note: "with a note", count: 3 },
    { id: "2", name: "Second row", note: "chosen", count: 12 },
  ];
  const hour = 3600;
  return (
    <>
      <Section title="DataTable">
        <DataTable
          label="Sample rows"
          rows={rows}
          keyOf={(row) => row.id}
          selected="2"
          open={{ name: (row) => `Open ${row.name}`, run: () => undefined }}
          columns={[
            { id: "name", title: "Name", cell: (row) => row.name },
            { id: "note", title: "Note", cell: (row) => row.note },
            { id: "count", title: "Count", align: "right", cell: (row) => row.count },
          ]}
        />
      </Section>
      <Section title="Facts, Payload">
        <div className="grid gap-4 sm:grid-cols-2">
          <Facts of={[["Name", "A value"], ["Left out", null], ["Another", "One more value"]]} />
          <Payload label="A payload" value={{ amount: 1250, currency: "USD" }} />
        </div>
      </Section>
      <Section title="TimeSeries">
        <TimeSeries label="Sample series" times={[0, hour, 2 * hour, 3 * hour]} series={[{ label: "P50", values: [3, 4, 2, 5] }, { label: "P95", values: [9, 8, null, 12] }]} unit="s" />
      </Section>
    </>
  );
}

function States() {
  return (
    <>
      <Section title="EmptyState, ErrorState, skeleton">
        <div className="grid gap-4 sm:grid-cols-3">
          <Box>
            <EmptyState icon={Inbox} title="Nothing here" text="What it is, why it is empty, and one thing to do.">
              <Button>One action</Button>
            </EmptyState>
          </Box>
          <Box>
            <ErrorState title="It could not be loaded" error={REFUSED} onRetry={() => undefined} />
          </Box>
          <Box>
            <div aria-hidden className="grid gap-3 p-6">
              <div className="skeleton h-4 w-2/3" />
              <div className="skeleton h-4" />
              <div className="skeleton h-4 w-1/2" />
            </div>
          </Box>
        </div>
      </Section>
      <Section title="PolicyReason">
        <div className="grid gap-3 sm:grid-cols-2">
          {DIMENSIONS.map((dimension) => (
            <PolicyReason key={dimension} error={{ code: "SAMPLE", message: "The server's sentence.", dimension }} dimension={dimension} facts={["a fact that explains it"]} />
          ))}
        </div>
      </Section>
    </>
  );
}

function Layers() {
  const [layer, setLayer] = useState<"none" | "dialog" | "drawer">("none");
  return (
    <Section title="Dialog, Drawer, Menu, Toast">
      <Row>
        <Button onClick={() => setLayer("dialog")}>Open a dialog</Button>
        <Button onClick={() => setLayer("drawer")}>Open a drawer</Button>
        <Menu trigger={<Button>Open a menu</Button>}>
          <MenuItem onSelect={() => undefined} keys="A">
            An item
          </MenuItem>
          <MenuItem onSelect={() => undefined} disabled>
            Not now
          </MenuItem>
          <MenuLine />
          <MenuChoices label="Choose" value="one" onChange={() => undefined} choices={[["one", "One"], ["two", "Two"]]} />
        </Menu>
        <Button onClick={() => toastDone("It is done.", { label: "Undo", run: () => undefined })}>A good toast</Button>
        <Button onClick={() => toastError(REFUSED)}>A bad toast</Button>
      </Row>
      {layer === "dialog" && (
        <Dialog title="A dialog" lead="What it is about." onClose={() => setLayer("none")}>
          <p>Its content.</p>
        </Dialog>
      )}
      {layer === "drawer" && (
        <Drawer title="A drawer" onClose={() => setLayer("none")} footer={<Button onClick={() => setLayer("none")}>Done</Button>}>
          <p>Its content.</p>
        </Drawer>
      )}
    </Section>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-3">{children}</div>;
}

function Box({ children }: { children: ReactNode }) {
  return <div className="min-h-64 rounded-xl border border-line bg-canvas">{children}</div>;
}
