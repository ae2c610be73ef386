"""The live figures of the lessons: numbers from the rooms below, pictures from `viz`.

Each module is imported by the lesson that shows it.
"""
