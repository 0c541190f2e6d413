"""The command line of tasks: the group of its subcommands, and --db before any of them."""

import click

from stdtools.shared.commands import LazyGroup

tasks = LazyGroup(
    name="tasks",
    help="Keep tasks and projects in a database fed from CSV.",
    params=[
        click.Option(
            ["--db"],
            envvar="STDTOOLS_TASKS_DB",
            metavar="PATH",
            type=click.Path(),
            help="The database; ':memory:' is forgotten at the end.  [default: in the user's data directory]",
        )
    ],
    table={
        "add": ("stdtools.tasks.command_add", "Add a task."),
        "list": ("stdtools.tasks.command_list:list_tasks", "List tasks, the most urgent first."),
        "show": ("stdtools.tasks.command_list", "Show all there is to know of tasks."),
        "edit": ("stdtools.tasks.command_edit", "Change tasks."),
        "done": ("stdtools.tasks.command_edit", "Mark tasks as done."),
        "reopen": ("stdtools.tasks.command_edit", "Mark tasks as open again."),
        "rm": ("stdtools.tasks.command_edit", "Delete tasks."),
        "import": ("stdtools.tasks.command_import:import_tasks", "Add the tasks of CSV, TSV or JSON lines."),
        "export": ("stdtools.tasks.command_export", "Print tasks as import reads them."),
        "projects": ("stdtools.tasks.command_projects", "List, add, change and delete projects."),
        "stats": ("stdtools.tasks.command_stats", "Count tasks by project, priority and week."),
        "sql": ("stdtools.tasks.command_sql", "Ask the database, and CSV files, in SQL."),
        "undo": ("stdtools.tasks.command_steps", "Undo the last commands that changed something."),
        "redo": ("stdtools.tasks.command_steps", "Do again what was undone."),
        "log": ("stdtools.tasks.command_steps", "List the commands that changed something."),
    },
)
