-- What a class remembers. The same statements for SQLite and PostgreSQL.
CREATE TABLE classes (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
CREATE TABLE log (
    class TEXT NOT NULL,
    line BIGINT NOT NULL,
    host BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    at BIGINT NOT NULL,
    learner TEXT,
    about TEXT,
    entry TEXT NOT NULL,
    PRIMARY KEY (class, line),
    UNIQUE (class, host, serial)
);
CREATE TABLE learners (
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (class, name)
);
