// A typical first version: it parses, inserts the execution, then inserts each step with its own statement.
import express from 'express';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS naive_executions (id text PRIMARY KEY, app text, pipeline text, status text,
    started_at timestamptz, body jsonb);
  CREATE TABLE IF NOT EXISTS naive_steps (execution_id text, sequence int, name text, input jsonb, output jsonb,
    reasoning text, PRIMARY KEY (execution_id, sequence))`);
const app = express();
app.use(express.json({ limit: '20mb' }));
app.post('/executions', (req, res, next) => {
  insert(req.body).then(() => res.status(202).end(), next);
});

async function insert(body) {
  for (const execution of Array.isArray(body) ? body : [body]) {
    await pool.query(
      `INSERT INTO naive_executions VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [
        execution.executionId,
        execution.appId,
        execution.pipeline,
        execution.status,
        execution.startedAt,
        JSON.stringify({ ...execution, steps: undefined }),
      ],
    );
    for (const step of execution.steps) {
      await pool.query(
        `INSERT INTO naive_steps VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        [
          execution.executionId,
          step.sequence,
          step.name,
          JSON.stringify(step.input),
          JSON.stringify(step.output),
          step.reasoning,
        ],
      );
    }
  }
}

const server = app.listen(0, '127.0.0.1', () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
);
