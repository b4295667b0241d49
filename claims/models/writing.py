"""Writing rows, and finding one, without the ORM's composer: each statement is written out once per table.

Composing an INSERT or UPDATE takes the ORM longer than PostgreSQL needs to run it, and every act has several. The
values pass the fields' own conversion, so what reaches the database is the same.
"""

from functools import cache

from django.db import connection


@cache
def insertion(model, rows):
    """(statement, fields) that inserts `rows` rows of `model` and returns their ids in order."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    row = f"({', '.join(['%s'] * len(fields))})"
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join([row] * rows)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {values} RETURNING id', fields  # noqa: S608


def insert(*rows):
    """Stores new rows of one model whose key the database makes, and gives them their ids."""
    statement, fields = insertion(type(rows[0]), len(rows))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for row, (key,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = key
            row._state.adding, row._state.db = False, connection.alias


@cache
def selection(model):
    """(attribute names, columns) of `model` in one order, as from_db() takes a row."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields], ", ".join(f'"{field.column}"' for field in fields)


def first(model, statement, values):
    """The row that a written-out query for `{columns}` finds, or None. For models whose columns need no conversion."""
    names, columns = selection(model)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(columns=columns), values)
        row = cursor.fetchone()
    return None if row is None else model.from_db(connection.alias, names, row)


def update(row, **columns):
    """Sets and stores some columns of a row."""
    names, values = [], []
    for name, value in columns.items():
        setattr(row, name, value)
        field = row._meta.get_field(name)
        names.append(f'"{field.column}" = %s')
        values.append(field.get_db_prep_save(getattr(row, field.attname), connection))
    statement = f'UPDATE "{row._meta.db_table}" SET {", ".join(names)} WHERE id = %s'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, row.pk])
