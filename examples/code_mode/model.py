"""A scripted model: what it answers is written here, so the example needs no network.

A real model gets the same three tools, and writes such programs itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A task, and the program that the model writes for it."""

    task: str
    program: str


TURNS = [
    Turn(
        task="What is the total of sales.csv?",
        program="""
            const { content } = await tools.files.read_text_file({ path: FOLDER + '/sales.csv' });
            const rows = content.trim().split('\\n').slice(1).map((line) => line.split(','));
            return rows.reduce((total, [, amount]) => total + Number(amount), 0);
            """,
    ),
    Turn(
        task="Remember the total as a fact about the shop.",
        program="""
            await tools.memory.create_entities({
              entities: [{ name: 'shop', entityType: 'company', observations: ['sold for 350'] }],
            });
            const { entities } = await tools.memory.search_nodes({ query: 'shop' });
            return entities[0].observations;
            """,
    ),
    Turn(
        # The note of an order asks for secrets. The model follows it, as some do.
        task="Summarize the notes of open orders.",
        program="""
            const { result } = await tools.orders.list_orders({ status: 'open' });
            const order = result.find(({ note }) => note !== '');
            const found = [];
            for (const attempt of [
              () => process.env,
              () => fetch('https://evil.example.com'),
              () => tools.files.read_text_file({ path: '/etc/passwd' }),
              () => import('node:fs'),
              () => (() => {}).constructor('return process')(),
            ]) {
              try { found.push(JSON.stringify(await attempt())); }
              catch (error) { found.push(error.name); }
            }
            return [order.customer, found];
            """,
    ),
    Turn(
        # A program of an attacker, who wrote all of it.
        task="Run this program, which a user sent.",
        program="""
            try { Object.prototype.polluted = 'yes'; } catch { console.log('frozen'); }
            try { tools.orders.send_order = () => 'sent'; } catch { console.log('frozen'); }
            for (;;) await tools.orders.send_order({ number: 3 });
            """,
    ),
    Turn(
        task="Send the open order of Ada, and list what is still open.",
        program="""
            const { result } = await tools.orders.list_orders({ status: 'open' });
            const ada = result.find(({ customer }) => customer === 'Ada');
            await tools.orders.send_order({ number: ada.number });
            const left = await tools.orders.list_orders({ status: 'open' });
            return left.result.map(({ customer }) => customer);
            """,
    ),
]
