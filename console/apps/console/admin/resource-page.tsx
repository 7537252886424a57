// One page of the administration: its rows, a search where there is one, and the drawer of one row.
import { Plus, SearchX, Table2 } from "lucide-react";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { getRow, listRows, type Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Button } from "../../../lib/ui/button";
import { DataTable, type Column } from "../../../lib/ui/data-table";
import { More } from "../../../lib/ui/more";
import { Page } from "../../../lib/ui/page";
import { part } from "../../../lib/ui/part";
import { EmptyState, ErrorState } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import { usePages } from "../../../lib/ui/use-pages";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";
import { AdminArea } from "./admin-nav";
import { Cell } from "./cell";
import { RESOURCES, isResource, nameOf, type ResourceName } from "./resources";
import { RowForm } from "./row-form";

const TryMessage = part(async () => (await import("./try-message")).TryMessage);
const TryRanking = part(async () => (await import("./try-ranking")).TryRanking);

export function ResourceRoute() {
  const { resource, rowId } = useParams({ strict: false });
  const me = useMe();
  if (resource === undefined || !isResource(resource)) return null;
  return (
    <AdminArea here={resource}>
      {RESOURCES[resource].readers.includes(me.user.role) ? <ResourcePage key={resource} name={resource} rowId={rowId ?? null} /> : <Forbidden needs={RESOURCES[resource].readers} />}
    </AdminArea>
  );
}

/** The `rowId` of a row that is being made. */
const NEW = "new";

function ResourcePage({ name, rowId }: { name: ResourceName; rowId: string | null }) {
  const t = useAdminTexts();
  const me = useMe();
  const navigate = useNavigate();
  const resource = RESOURCES[name];
  const [q, setQ] = useState("");
  const list = usePages(`${name} ${q}`, (cursor) => listRows(resource.path, { ...resource.only, ...(cursor === null ? {} : { cursor }), ...(q === "" ? {} : { q }) }));
  // What was saved here is known before the list has come anew.
  const [saved, setSaved] = useState<Readonly<Record<string, Row>>>({});
  const rows = inOrder(list.rows.map((one) => newer(one, saved[one.id])), resource.inOrderOf);
  const open = rowId === null || rowId === NEW ? null : (rows.find((row) => row.id === rowId) ?? null);
  const alone = useLoad(`row ${open === null && rowId !== NEW ? rowId : ""}`, async () => (open === null && rowId !== null && rowId !== NEW && list.state === "ready" ? getRow(resource.path, rowId) : null));
  const row = open ?? (alone.value === null ? null : newer(alone.value, saved[alone.value.id]));
  const show = (id: string | null) => void navigate(id === null ? { to: "/admin/$resource", params: { resource: name } } : { to: "/admin/$resource/$rowId", params: { resource: name, rowId: id } });
  const reload = list.afresh;
  const keep = (one: Row | null) => {
    if (one !== null) setSaved((before) => ({ ...before, [one.id]: one }));
    reload();
  };
  const columns: readonly Column<Row>[] = resource.columns.map((column, index) => ({
    id: column,
    title: t.columns[column] ?? t.fields[resource.fields.find((field) => field.name === column)?.label ?? column] ?? column,
    cell: (one) => <Cell name={name} row={one} column={column} />,
    wide: index > 1 && column !== resource.state.field && column !== "health",
  }));
  const writes = resource.writers.includes(me.user.role);
  return (
    <Page
      title={t.pages[name] ?? name}
      {...(t.leads[name] === undefined ? {} : { lead: t.leads[name] })}
      actions={
        writes && (
          <>
            {name === "routing-rules" && <TryMessage />}
            {name === "ranking-rules" && <TryRanking />}
            <Button look="primary" onClick={() => show(NEW)}>
              <Plus className="size-4" aria-hidden />
              {t.add(t.one[name] ?? name)}
            </Button>
          </>
        )
      }
    >
      {resource.search === true && (
        <input
          type="search"
          aria-label={t.search}
          placeholder={t.search}
          value={q}
          onChange={(event) => setQ(event.target.value)}
          className="mb-4 h-9 w-full max-w-80 rounded-lg border border-line-strong bg-surface px-3 text-sm focus-visible:outline-1 focus-visible:outline-offset-0"
        />
      )}
      {list.state === "error" && <ErrorState title={t.failed} error={list.error} onRetry={reload} />}
      {list.state === "ready" && rows.length === 0 && (
        <EmptyState icon={q === "" ? Table2 : SearchX} title={q === "" ? t.none : t.noMatch} text={q === "" ? (t.noneHints[name] ?? t.noneHint) : t.noMatchHint}>
          {q !== "" && <Button onClick={() => setQ("")}>{t.clear}</Button>}
        </EmptyState>
      )}
      {rows.length > 0 && (
        <DataTable label={t.pages[name] ?? name} columns={columns} rows={rows} keyOf={(one) => one.id} selected={rowId} busy={list.state === "loading"} open={{ name: (one) => t.edit(nameOf(name, one, t.choices)), run: (one) => show(one.id) }} />
      )}
      <More label={t.more} more={list.more} />
      {(rowId === NEW || row !== null) && <RowForm key={rowId ?? ""} name={name} row={rowId === NEW ? null : row} onClose={() => show(null)} onSaved={keep} />}
    </Page>
  );
}

function newer(listed: Row, saved: Row | undefined): Row {
  return saved !== undefined && saved.version > listed.version ? saved : listed;
}

/** Rows by a number of theirs; as they came where there is none. */
function inOrder(rows: readonly Row[], field: string | undefined): readonly Row[] {
  return field === undefined ? rows : rows.toSorted((a, b) => Number(a[field]) - Number(b[field]));
}
